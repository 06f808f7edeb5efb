import type { Environment } from "./cache.mjs";
import type { Progress } from "./progress.mjs";

/**
 * Makes `node_modules` match `package-lock.json` with `npm ci --ignore-scripts` when it doesn't, one command at a time,
 * and links the checkout's own `slipway` for npx. Throws with what to do when npm fails.
 */
export function installDependencies(root: string, env: Environment, progress: Progress): Promise<void>;

/** Whether npm's record of what it installed agrees with the lock file's content. */
export function isInstalled(
  root: string,
  lock: {
    readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;
  },
): boolean;
