import type { Environment } from "./cache.mjs";
import type { Progress } from "./progress.mjs";

export interface FoundNode {
  readonly path: string;
  readonly version: string;
  /** `running`, `SLIPWAY_NODE`, `PATH`, `cache`, `official release` or `npm package`. */
  readonly source: string;
}

export const NODE: { readonly version: string; readonly range: string };

/** Looks without fetching. `problems` says for each place before the found one why it didn't do. */
export function findNode(env: Environment): Promise<{ found: FoundNode | undefined; problems: string[] }>;

/** A Node of the wanted range, fetched into the tool cache when none is there. Throws with every source that was tried. */
export function provideNode(env: Environment, progress: Progress): Promise<FoundNode>;
