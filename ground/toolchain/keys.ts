import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheKey } from "../portable/cache.mjs";
import type { GoBuild, Platform, Source, Tool } from "./tool.ts";

export const PLATFORM: Platform = { os: process.platform, arch: process.arch };

export const modulePath = (source: GoBuild): string => join(import.meta.dirname, "modules", source.module);

/** What every build of ours is made with: no C, no stamps of the checkout, no other Go than the one installed. */
export const GO_ENVIRONMENT = {
  CGO_ENABLED: "0",
  GOFLAGS: "-buildvcs=false",
  GOTOOLCHAIN: "local",
  GOWORK: "off",
} as const;

/** Left out: symbol tables and debug information, a third of the size. */
const STRIP_FLAGS = ["-s", "-w"];

export const goBuildFlags = (source: GoBuild): string[] => [
  "-trimpath",
  "-mod=readonly",
  ...(source.tags.length > 0 ? ["-tags", source.tags.join(",")] : []),
  "-ldflags",
  [...STRIP_FLAGS, ...source.ldflags].join(" "),
];

/**
 * The cache key of what `source` makes: a hash of all that decides it. The installed Go is left out on purpose: what it
 * builds is the same program, and an entry must be found on a machine that has no Go any more.
 */
export function sourceKey(tool: Tool<string>, source: Source): string {
  const common = {
    tool: tool.name,
    version: tool.version,
    os: PLATFORM.os,
    arch: PLATFORM.arch,
    source: source.kind,
  };
  switch (source.kind) {
    case "release":
      return cacheKey({ ...common, asset: JSON.stringify(source.asset(PLATFORM, tool.version) ?? null) });
    case "go build":
      return cacheKey({
        ...common,
        goMod: readFileSync(join(modulePath(source), "go.mod"), "utf8"),
        goSum: readFileSync(join(modulePath(source), "go.sum"), "utf8"),
        environment: JSON.stringify(GO_ENVIRONMENT),
        flags: goBuildFlags(source).join(" "),
        packages: JSON.stringify(source.packages),
      });
    case "assembly":
      return cacheKey({ ...common, from: source.from, ...prefixed(source.ingredients()) });
  }
}

const prefixed = (parts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(parts).map(([name, value]) => [`ingredient/${name}`, value]));
