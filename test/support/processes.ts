import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 20;

/** A process that carries a mark of the test in its environment. */
export interface MarkedProcess {
  readonly pid: number;
  readonly args: readonly string[];
}

/** What a run of the command line consists of, by the part that each process plays. */
export const PARTS = {
  /** Slipway's own command. */
  command: ({ args }) => args.some((arg) => arg.endsWith("/cli/main.ts")),
  /** The Pulumi CLI with its engine. */
  engine: ({ args }) => basename(args[0] ?? "") === "pulumi",
  /** The host of the dynamic provider, in which the kinds run: the SDK's script, or Slipway's start of it. */
  host: ({ args }) => args.some((arg) => /[/\\]dynamic-provider(\.ts|[/\\]index\.js)?$/.test(arg)),
} as const satisfies Record<string, (process: MarkedProcess) => boolean>;
export type Part = keyof typeof PARTS;

/** Running processes, this one apart, whose environment has exactly this variable: never found by name alone. */
export function markedProcesses(variable: string, value: string): MarkedProcess[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        const marked = readFileSync(`/proc/${pid}/environ`, "utf8")
          .split("\0")
          .includes(`${variable}=${value}`);
        const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
        // A process that has ended and was not waited for yet has no command line.
        return marked && args.length > 0 ? [{ pid: Number(pid), args }] : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** Ends processes at once and without a word to them; those that have ended already are left out. */
export function kill9(processes: readonly MarkedProcess[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** Looks again and again until there is something; throws with `what` when there is nothing in time. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(POLL_MS);
  }
}
