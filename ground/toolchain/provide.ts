import { dirname, join } from "node:path";
import { type Environment, findEntry, publishEntry, withCacheLock } from "../portable/cache.mjs";
import { provideNode } from "../portable/node.mjs";
import { type Progress, type ProgressStep, silentProgress } from "../portable/progress.mjs";
import { satisfies } from "../portable/version.mjs";
import { ToolUnavailable } from "./errors.ts";
import { buildWithGo, fetchRelease, isOffline, takeBinaries } from "./fetch.ts";
import { sourceKey } from "./keys.ts";
import { type Attempt, fromEntry, lookFor, readVersion } from "./look.ts";
import { TOOLS } from "./table.ts";
import { mainBinary, type ProvidedTool, type Source, type Tool } from "./tool.ts";
import type { ToolName } from "./versions.ts";

export interface ProvideOptions {
  /** Default: silent. */
  readonly progress?: Progress;
  /** Where overrides, PATH and the cache's place are read from. Default: `process.env`. */
  readonly env?: Environment;
}

/**
 * Finds the tools, or fetches or builds what is missing, one after the other and one command at a time. Costs two looks
 * at the file system for a tool that is cached. Throws `ToolUnavailable`.
 */
export async function provideTools<Name extends ToolName>(
  names: readonly Name[],
  options: ProvideOptions = {},
): Promise<Record<Name, ProvidedTool<Name>>> {
  const { progress = silentProgress, env = process.env } = options;
  const provided: Partial<Record<Name, ProvidedTool<Name>>> = {};
  const missing: Name[] = [];
  for (const name of new Set(names)) {
    const tool = await find(name, env, progress);
    if (tool) provided[name] = tool;
    else missing.push(name);
  }
  if (missing.length > 0)
    await withCacheLock(
      env,
      async () => {
        for (const [index, name] of missing.entries())
          provided[name] = (await provideRow(
            TOOLS[name],
            env,
            progress,
            missing.length - index - 1,
          )) as ProvidedTool<Name>;
      },
      { onWait: (pid) => progress.say(`waiting for process ${pid}, which is providing tools`) },
    );
  return provided as Record<Name, ProvidedTool<Name>>;
}

async function find<Name extends ToolName>(
  name: Name,
  env: Environment,
  progress: Progress,
): Promise<ProvidedTool<Name> | undefined> {
  if (name === "node") {
    const node = await provideNode(env, progress);
    return { name, ...node, binDir: dirname(node.path) };
  }
  return (await lookFor(TOOLS[name] as unknown as Tool<Name>, env)).found;
}

/** One row of the table, to be called under the cache's lock: the other command may have made it meanwhile. */
export async function provideRow<Name extends string>(
  tool: Tool<Name>,
  env: Environment,
  progress: Progress,
  left = 0,
): Promise<ProvidedTool<Name>> {
  const looked = await lookFor(tool, env);
  if (looked.found) return looked.found;
  const attempts: Attempt[] = [...looked.attempts];
  for (const source of tool.sources) {
    if (source.kind === "release" && isOffline(env)) {
      attempts.push({ source: "official release", reason: "skipped, SLIPWAY_OFFLINE=1" });
      continue;
    }
    try {
      // A part reports its own steps and its own failure.
      const part =
        source.kind === "assembly" ? await provideRow(TOOLS[source.from], env, progress, left) : undefined;
      return await make(tool, source, part, env, progress, left);
    } catch (error) {
      attempts.push(...reasonsOf(source, error as Error));
    }
  }
  throw new ToolUnavailable(tool.name, tool.range, attempts, remedyFor(tool));
}

async function make<Name extends string>(
  tool: Tool<Name>,
  source: Source,
  part: ProvidedTool | undefined,
  env: Environment,
  progress: Progress,
  left: number,
): Promise<ProvidedTool<Name>> {
  const label = sourceLabel(source);
  const step = progress.begin(`${tool.name} ${tool.version}: ${label}`, left);
  const entryName = `${tool.name}-${tool.version}`;
  const key = sourceKey(tool, source);
  try {
    const entry = await publishEntry(
      env,
      entryName,
      key,
      { tool: tool.name, version: tool.version, source: label },
      (draft) => fill(tool, source, part, draft, env, step),
    );
    step.end("ready");
    return fromEntry(tool, findEntry(env, entryName, key) ?? entry, label);
  } catch (error) {
    step.end(`no: ${(error as Error).message}`);
    throw error;
  }
}

async function fill(
  tool: Tool<string>,
  source: Source,
  part: ProvidedTool | undefined,
  draft: string,
  env: Environment,
  step: ProgressStep,
): Promise<Record<string, unknown>> {
  let facts: Record<string, unknown> = {};
  switch (source.kind) {
    case "release":
      facts = await fetchRelease(tool, source, draft, step);
      break;
    case "go build":
      facts = await buildWithGo(source, draft, env, step);
      break;
    case "assembly":
      if (part) takeBinaries(part, TOOLS[source.from].binaries, draft);
      source.assemble(draft);
      break;
  }
  const version = await readVersion(tool, join(draft, "bin", mainBinary(tool)));
  if (!satisfies(version, tool.range))
    throw new Error(`what was made says it is ${version}, wanted ${tool.range}`);
  return facts;
}

const sourceLabel = (source: Source): string => {
  switch (source.kind) {
    case "release":
      return "official release";
    case "go build":
      return "go build";
    case "assembly":
      return `assembled from ${source.from}`;
  }
};

function reasonsOf(source: Source, error: Error): Attempt[] {
  if (error instanceof ToolUnavailable)
    return error.attempts.map(({ source: inner, reason }) => ({ source: `${error.tool}: ${inner}`, reason }));
  return [{ source: sourceLabel(source), reason: error.message }];
}

/** One line: what a user can do when a tool is missing. */
export function remedyFor(tool: Tool<string>): string {
  const build = tool.sources.some(({ kind }) => kind !== "release");
  const ways = [
    `set ${tool.override}=/path/to/${mainBinary(tool)}`,
    `put ${mainBinary(tool)} ${tool.range} on PATH`,
    ...(build ? ["install Go 1.26 or newer"] : []),
    ...(tool.sources.some(({ kind }) => kind === "release") ? ["open the network"] : []),
  ];
  return `${ways.slice(0, -1).join(", ")} or ${ways.at(-1)}`;
}
