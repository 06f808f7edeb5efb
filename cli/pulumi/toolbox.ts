import { cacheHome } from "../../ground/portable/cache.mjs";
import {
  createProgress,
  provideTools,
  pulumiFlavour,
  type ToolName,
} from "../../ground/toolchain/toolchain.ts";
import type { Environment, ToolFacts } from "../project/environment.ts";

/** What every stack needs on this machine, and what the ground of an embedded one takes besides. */
const TOOLS_OF_A_STACK = ["node", "pulumi"] as const satisfies readonly ToolName[];
const TOOLS_OF_THE_GROUND = ["nats-server"] as const satisfies readonly ToolName[];

export const toolsOfStack = (embedded: boolean): readonly ToolName[] =>
  embedded ? [...TOOLS_OF_A_STACK, ...TOOLS_OF_THE_GROUND] : TOOLS_OF_A_STACK;

export interface Toolbox {
  /** The Pulumi CLI. */
  readonly pulumi: string;
  readonly pulumiVersion: string;
  readonly facts: ToolFacts;
}

/** Where a tool was found that the user installed or named: its home and plugins are the user's as well. */
export const isUsersOwn = (source: string): boolean => source === "PATH" || source.startsWith("SLIPWAY_");

/**
 * Provides Node and the Pulumi CLI, with progress on stderr, and for an embedded stack what its ground takes as well:
 * in one go, so that a person sees how much is left. Throws ToolUnavailable.
 */
export async function openToolbox(env: Environment, embedded = false): Promise<Toolbox> {
  const progress = createProgress(process.stderr);
  const { node, pulumi } = await provideTools(
    [...TOOLS_OF_A_STACK, ...(embedded ? TOOLS_OF_THE_GROUND : [])],
    {
      env,
      progress,
    },
  );
  return {
    pulumi: pulumi.path,
    pulumiVersion: pulumi.version,
    facts: {
      binDirs: [node.binDir, pulumi.binDir],
      pulumiIsUsersOwn: isUsersOwn(pulumi.source),
      ownLanguageHost: pulumiFlavour(pulumi) === "slipway",
      cacheDir: cacheHome(env),
    },
  };
}
