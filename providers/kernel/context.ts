import { engineSignal } from "./engine-watch.ts";
import type { Context } from "./kind.ts";

/** Stack config as the host hands it over: by full key, decrypted, structured values as JSON text. */
export interface ConfigSource {
  get(key: string): string | undefined;
}

/**
 * One slot for every kind in this process. The host calls `configure` once for each provider text and lets other calls
 * through while it waits, so the slot must be filled before the first `await`; all texts get the same config.
 */
let source: ConfigSource | undefined;

export function setConfig(next: ConfigSource | undefined): void {
  if (next !== undefined) source = next;
}

/** What effects get. `replacing` is true only for the delete that a replacement begins with. */
export function createContext(options: { replacing: boolean } = { replacing: false }): Context {
  return {
    config: (key) => source?.get(key),
    log: logLine,
    signal: engineSignal(),
    now: () => Date.now(),
    replacing: options.replacing,
  };
}

/** The engine shows each line of the host's output on the stack's row, without the resource's name. */
export function logLine(line: string): void {
  console.log(line.replace(/\s*[\r\n]+\s*/g, " "));
}
