import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CacheEntry, type Environment, findEntry } from "../portable/cache.mjs";
import { findOnPath, isExecutable } from "../portable/find-on-path.mjs";
import { run } from "../portable/run.mjs";
import { satisfies } from "../portable/version.mjs";
import { sourceKey } from "./keys.ts";
import { mainBinary, type ProvidedTool, type Tool } from "./tool.ts";

const PROBE_TIMEOUT_MS = 20_000;

/** Where a tool was looked for in vain, and why it isn't to be had there. */
export interface Attempt {
  readonly source: string;
  readonly reason: string;
}

export interface Look<Name extends string> {
  readonly found: ProvidedTool<Name> | undefined;
  readonly attempts: readonly Attempt[];
}

/** Looks for a tool at the override, on PATH and in the cache; fetches nothing. */
export async function lookFor<Name extends string>(tool: Tool<Name>, env: Environment): Promise<Look<Name>> {
  const attempts: Attempt[] = [];
  const places: readonly [string, string | undefined, string][] = [
    [tool.override, env[tool.override], "not set"],
    ["PATH", findOnPath(mainBinary(tool), env), `no ${mainBinary(tool)} there`],
  ];
  for (const [source, path, absence] of places) {
    if (!path) {
      attempts.push({ source, reason: absence });
      continue;
    }
    const checked = await check(tool, path);
    if (typeof checked !== "string") return { found: { ...checked, source }, attempts };
    attempts.push({ source, reason: checked });
  }
  const entry = cachedEntry(tool, env);
  if (entry) return { found: fromEntry(tool, entry), attempts };
  attempts.push({ source: "cache", reason: "not there" });
  return { found: undefined, attempts };
}

/** The entry of the first source that has one: a release is preferred to a build. */
function cachedEntry<Name extends string>(tool: Tool<Name>, env: Environment): CacheEntry | undefined {
  for (const source of tool.sources) {
    const entry = findEntry(env, `${tool.name}-${tool.version}`, sourceKey(tool, source));
    if (entry && tool.binaries.every((name) => isExecutable(join(entry.binDir, name)))) return entry;
  }
  return undefined;
}

export function fromEntry<Name extends string>(
  tool: Tool<Name>,
  entry: CacheEntry,
  source = "cache",
): ProvidedTool<Name> {
  return {
    name: tool.name,
    version: tool.version,
    source,
    origin: String(entry.manifest.source),
    path: join(entry.binDir, mainBinary(tool)),
    binDir: entry.binDir,
  };
}

/** What `path` is, or one line on why it doesn't do. */
async function check<Name extends string>(
  tool: Tool<Name>,
  path: string,
): Promise<Omit<ProvidedTool<Name>, "source"> | string> {
  if (!isExecutable(path)) return `${path} is not an executable file`;
  // Companions may be beside the link that PATH names (a shim's) or beside what it leads to (a package manager's).
  const places = [path, realpathSync(path)];
  const complete = places.find((place) => companionsMissing(tool, dirname(place)).length === 0);
  if (!complete) return `${path} has no ${companionsMissing(tool, dirname(path)).join(", ")} beside it`;
  const version = await readVersion(tool, complete).catch((error: Error) => error);
  if (version instanceof Error) return version.message;
  if (!satisfies(version, tool.range)) return `${path} is ${version}, wanted ${tool.range}`;
  return { name: tool.name, version, path: complete, binDir: dirname(complete) };
}

const companionsMissing = (tool: Tool<string>, folder: string): string[] =>
  tool.binaries.filter((name) => name !== mainBinary(tool) && !isExecutable(join(folder, name)));

/** The version that the binary itself tells. Rejects with one line when it tells none. */
export async function readVersion(tool: Tool<string>, path: string): Promise<string> {
  const { stdout, stderr } = await run(path, tool.versionArgs, {
    timeoutMs: PROBE_TIMEOUT_MS,
    env: quietEnv(),
  });
  const version = tool.versionPattern.exec(`${stdout}\n${stderr}`)?.[1];
  if (!version) throw new Error(`${path} ${tool.versionArgs.join(" ")} tells no version`);
  return version;
}

// Asking a CLI for its version must not make it ask the network for a newer one.
const quietEnv = (): Environment => ({ ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" });
