import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { processIdentity } from "../portable/identity.mjs";
import type { ProcessRecord } from "./record.ts";
import { endProcess } from "./supervisor.ts";

type Running = Pick<ProcessRecord, "pid" | "startTime">;

/**
 * Ends every process that was started with exactly `args`, whatever its program is called. For servers whose record is
 * lost: somebody deleted the folder that it lay in, or the command that started one was killed before it was written.
 * So `args` must name a file that nobody else's process is given. Returns whether there was something to end.
 */
export async function endStrays(args: readonly string[]): Promise<boolean> {
  const strays = findByArguments(args);
  for (const stray of strays) await endProcess(stray);
  return strays.length > 0;
}

function findByArguments(args: readonly string[]): Running[] {
  const pids = process.platform === "linux" ? pidsInProc(args) : pidsFromPs(args);
  return pids.flatMap((pid) => {
    const startTime = processIdentity(pid);
    return startTime === undefined || pid === process.pid ? [] : [{ pid, startTime }];
  });
}

function pidsInProc(args: readonly string[]): number[] {
  const wanted = args.map((arg) => `${arg}\0`).join("");
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        if (command.slice(command.indexOf("\0") + 1) !== wanted) return false;
        // In a container the same path is another file.
        return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync("/proc/self/ns/mnt");
      } catch {
        // It has ended meanwhile, or is another user's.
        return false;
      }
    })
    .map(Number);
}

function pidsFromPs(args: readonly string[]): number[] {
  const end = ` ${args.join(" ")}`;
  return execFileSync("ps", ["-axww", "-o", "pid=,args="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.endsWith(end))
    .map((line) => Number.parseInt(line, 10));
}
