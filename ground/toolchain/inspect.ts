import type { Environment } from "../portable/cache.mjs";
import { findNode } from "../portable/node.mjs";
import { type Attempt, lookFor } from "./look.ts";
import { remedyFor } from "./provide.ts";
import { TOOLS } from "./table.ts";
import type { Tool } from "./tool.ts";
import type { ToolName } from "./versions.ts";

/** How one tool stands on this machine. */
export interface ToolReport {
  readonly tool: ToolName;
  /** The version range that fits. */
  readonly wanted: string;
  /** The main binary. */
  readonly found?: string;
  readonly version?: string;
  /** `PATH`, `cache`, `running`, or the override variable. */
  readonly source?: string;
  /** How an entry of the cache was made. */
  readonly origin?: string;
  /** Why nothing was found, or what was passed over. */
  readonly problem?: string;
  readonly remedy?: string;
  readonly neededBy: "stack" | "tests";
}

/** Looks at every named tool without fetching anything, in the order of `names`. */
export async function inspectTools(
  names: readonly ToolName[] = Object.keys(TOOLS).filter(isToolName),
  env: Environment = process.env,
): Promise<ToolReport[]> {
  const reports: ToolReport[] = [];
  for (const name of names) reports.push(await inspect(name, env));
  return reports;
}

const isToolName = (name: string): name is ToolName => name !== "pulumi-cli";

const PROVIDED_BY = { stack: "npm run up", tests: "npm test" } as const;

async function inspect(name: ToolName, env: Environment): Promise<ToolReport> {
  const tool: Tool<string> = TOOLS[name];
  const base = { tool: name, wanted: tool.range, neededBy: tool.neededBy };
  if (name === "node") {
    const { found, problems } = await findNode(env);
    if (found) return { ...base, found: found.path, version: found.version, source: found.source };
    return { ...base, problem: problems.join("; "), remedy: "run `npm run up`, or install Node 24 or newer" };
  }
  const { found, attempts } = await lookFor(tool, env);
  if (!found)
    return {
      ...base,
      problem: describe(attempts),
      remedy: `\`${PROVIDED_BY[tool.neededBy]}\` fetches or builds it; or ${remedyFor(tool)}`,
    };
  // An override that doesn't do was meant to be used: say so even though another source stepped in.
  const passedOver = attempts.filter(
    ({ source, reason }) => source === tool.override && reason !== "not set",
  );
  return {
    ...base,
    found: found.path,
    version: found.version,
    source: found.source,
    ...(found.origin === undefined ? {} : { origin: found.origin }),
    ...(passedOver.length > 0
      ? { problem: describe(passedOver), remedy: `mend or unset ${tool.override}` }
      : {}),
  };
}

const describe = (attempts: readonly Attempt[]): string =>
  attempts.map(({ source, reason }) => `${source}: ${reason}`).join("; ");
