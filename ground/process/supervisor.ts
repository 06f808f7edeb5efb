import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { isAlive, processIdentity } from "../portable/identity.mjs";
import { rotateLog } from "./log-file.ts";
import { type ProcessRecord, readRecord, removeRecord, writeRecord } from "./record.ts";
import { waitFor } from "./wait.ts";

/** A server that is asked to end writes what it holds first; one that takes longer hangs. */
const TERM_DEADLINE_MS = 5_000;
const KILL_DEADLINE_MS = 5_000;

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
}

/** The recorded process, if that very process still runs. */
export function findRunning(directory: string): ProcessRecord | undefined {
  const record = readRecord(directory);
  return record && isAlive(record.pid, record.startTime) ? record : undefined;
}

/**
 * Starts a process that outlives this one, its output in `logPath`, and records it in `directory` at once: a command
 * that dies right after leaves a process that the next one finds.
 */
export async function startDetached(directory: string, launch: Launch): Promise<ProcessRecord> {
  mkdirSync(directory, { recursive: true });
  rotateLog(launch.logPath);
  const log = openSync(launch.logPath, "a");
  try {
    const child = spawn(launch.command, launch.args, {
      cwd: directory,
      detached: true,
      stdio: ["ignore", log, log],
    });
    const { pid } = child;
    const startTime = pid === undefined ? undefined : processIdentity(pid);
    if (pid === undefined || startTime === undefined) throw await startFailure(child, launch);
    child.unref();
    const command = [launch.command, ...launch.args];
    const record: ProcessRecord = { pid, startTime, command, ports: {}, logPath: launch.logPath };
    writeRecord(directory, record);
    return record;
  } finally {
    closeSync(log);
  }
}

function startFailure(child: ReturnType<typeof spawn>, launch: Launch): Promise<Error> {
  return new Promise((resolve) => {
    const fail = (reason: string): void =>
      resolve(new Error(`${launch.command} could not be started: ${reason}`));
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`it ended at once with exit code ${code}; see ${launch.logPath}`));
  });
}

/**
 * Ends the recorded process: SIGTERM, then SIGKILL after a deadline. A record whose pid belongs to another process by
 * now is only forgotten. Returns whether there was something to end. Throws when even SIGKILL doesn't end it.
 */
export async function stopRecorded(directory: string): Promise<boolean> {
  const record = readRecord(directory);
  const ended = record !== undefined && (await endProcess(record));
  removeRecord(directory);
  return ended;
}

export async function endProcess({
  pid,
  startTime,
}: Pick<ProcessRecord, "pid" | "startTime">): Promise<boolean> {
  if (!isAlive(pid, startTime)) return false;
  const isGone = (): true | undefined => (isAlive(pid, startTime) ? undefined : true);
  for (const [signal, deadline] of [
    ["SIGTERM", TERM_DEADLINE_MS],
    ["SIGKILL", KILL_DEADLINE_MS],
  ] as const) {
    if (isGone()) return true;
    send(pid, signal);
    if (await waitFor(isGone, deadline)) return true;
  }
  throw new Error(`process ${pid} does not end, even by SIGKILL`);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
