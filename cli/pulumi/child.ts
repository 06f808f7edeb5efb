import { spawn } from "node:child_process";
import { EXIT } from "../exit-codes.ts";

export interface ChildCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Ended {
  readonly code: number;
  /** A signal asked it to end, before it was done. */
  readonly interrupted: boolean;
}

export interface Captured extends Ended {
  readonly stdout: string;
  readonly stderr: string;
}

/** Signals that ask a command to end; the engine knows one of them as "finish what you began, then stop". */
const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** One Ctrl-C may arrive twice, from the terminal's process group and from the parent that passes it on. */
const SAME_SIGNAL_MS = 300;

/**
 * Runs a command on this terminal. On a terminal the child stands in the same process group, so Ctrl-C reaches it
 * directly and this process only waits for it. Without one it gets a group of its own: the first signal is passed on as
 * an interrupt, the second kills the group.
 */
export function runShown(command: ChildCommand, onTerminal: boolean): Promise<Ended> {
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    stdio: "inherit",
    detached: !onTerminal,
  });
  return guarded(child, onTerminal);
}

/** Runs a command and keeps what it prints. `input` is what it reads. */
export async function runCaptured(command: ChildCommand, input?: string): Promise<Captured> {
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    detached: true,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A child that ends without reading its input closes the pipe; its exit code tells why.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  const { code, interrupted } = await guarded(child, false);
  return {
    code,
    interrupted,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}

function guarded(child: ReturnType<typeof spawn>, sharesTerminal: boolean): Promise<Ended> {
  let signals = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  const onSignal = (signal: NodeJS.Signals): void => {
    const at = performance.now();
    if (at - lastAt < SAME_SIGNAL_MS) return;
    lastAt = at;
    signals += 1;
    // The terminal sends Ctrl-C to the child as well; two would kill it.
    if (sharesTerminal && signal === "SIGINT") return;
    sendToGroup(child.pid, signals === 1 ? "SIGINT" : "SIGKILL", !sharesTerminal);
  };
  for (const signal of END_SIGNALS) process.on(signal, onSignal);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve({ code: code ?? EXIT.failed, interrupted: code !== 0 && (signals > 0 || signal === "SIGINT") }),
    );
  });
  return ended.finally(() => {
    for (const signal of END_SIGNALS) process.off(signal, onSignal);
  });
}

/** An interrupt is for the child itself, which winds its own children down; a kill takes the whole group. */
function sendToGroup(pid: number | undefined, signal: "SIGINT" | "SIGKILL", ownGroup: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(signal === "SIGKILL" && ownGroup ? -pid : pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
