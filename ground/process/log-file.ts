import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";

/** Logs of this many earlier starts are kept: `nats.log.1` is the last one. */
const KEPT_LOGS = 5;

/** Makes room for a new log at `path` by moving earlier ones one number up; the oldest goes. */
export function rotateLog(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  for (let number = KEPT_LOGS - 1; number >= 0; number--) {
    const from = number === 0 ? path : `${path}.${number}`;
    if (existsSync(from)) renameSync(from, `${path}.${number + 1}`);
  }
}
