import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { satisfies } from "../../../ground/portable/version.mjs";
import { PACKAGE_VERSIONS, TOOL_VERSIONS } from "../../../ground/toolchain/versions.ts";
import { ROOT } from "./support.ts";

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const goMod = (module: string): string =>
  readFileSync(join(ROOT, "ground", "toolchain", "modules", module, "go.mod"), "utf8");

describe("the one table of versions", () => {
  it("holds package.json's dependencies, each pinned exactly", () => {
    const declared = { ...manifest.dependencies, ...manifest.devDependencies };
    const table = Object.fromEntries(
      Object.entries(PACKAGE_VERSIONS).map(([name, { version }]) => [name, version]),
    );
    expect(declared).toEqual(table);
  });

  it("lets npm start the bootstrap on an older Node, which then provides the right one", () => {
    expect(manifest.engines.node).toBe(">=18");
  });

  it.each([
    ["nats-server", "github.com/nats-io/nats-server/v2", TOOL_VERSIONS["nats-server"].version],
    ["nats-server-2.9", "github.com/nats-io/nats-server/v2", TOOL_VERSIONS["nats-server-2.9"].version],
    ["nats-server-2.10", "github.com/nats-io/nats-server/v2", TOOL_VERSIONS["nats-server-2.10"].version],
    ["pulumi", "github.com/pulumi/pulumi/pkg/v3", TOOL_VERSIONS.pulumi.version],
  ])("holds what the Go module %s builds", (module, path, version) => {
    expect(goMod(module)).toMatch(
      new RegExp(`^\\s*(require )?${path.replaceAll(".", "\\.")} v${version}( |$)`, "m"),
    );
  });

  it("wants versions that its own ranges allow", () => {
    for (const { version, range } of Object.values(TOOL_VERSIONS))
      expect(satisfies(version, range)).toBe(true);
  });
});

describe("satisfies", () => {
  it.each([
    ["24.0.0", ">=24", true],
    ["25.1.0", ">=24", true],
    ["20.20.2", ">=24", false],
    ["3.259.0", ">=3.259.0 <4", true],
    ["v3.260.1", ">=3.259.0 <4", true],
    ["3.258.9", ">=3.259.0 <4", false],
    ["3.259.0-alpha.1", ">=3.259.0 <4", false],
    ["4.0.0", ">=3.259.0 <4", false],
    ["4.0.0-alpha.1", ">=3.259.0 <4", false],
    ["2.10.0", ">=2.9.0 <2.10", false],
    ["2.9.25", ">=2.9.0 <2.10", true],
    ["2.14.9", "2.14.9", true],
  ])("%s in %s: %s", (version, range, fits) => {
    expect(satisfies(version, range)).toBe(fits);
  });

  it("refuses a range that it doesn't understand", () => {
    expect(() => satisfies("1.0.0", "^1.0.0")).toThrow('version range "^1.0.0"');
  });
});
