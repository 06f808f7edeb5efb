import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { rotateLog } from "../process/log-file.ts";
import { logPath, type NatsOptions, natsUrl, prepareLaunch, waitUntilReady } from "./launch.ts";

/** A server that belongs to this process and ends with it: for tests and benchmarks. */
export interface OwnedNats {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly monitorUrl: string;
  /** SIGTERM and wait for the end; the data stays in `dir`. */
  readonly stop: () => Promise<void>;
  /** SIGKILL and wait for the end. */
  readonly kill9: () => Promise<void>;
}

/**
 * Starts `binary` with JetStream in `dir` and waits until it answers. Starting again in the same `dir` finds the data;
 * give the old `port` for clients that should come back.
 */
export async function startNats(options: NatsOptions & { readonly binary: string }): Promise<OwnedNats> {
  const args = await prepareLaunch(options);
  const log = logPath(options.dir);
  rotateLog(log);
  mkdirSync(options.dir, { recursive: true });
  const output = openSync(log, "a");
  const child = spawn(options.binary, args, { cwd: options.dir, stdio: ["ignore", output, output] });
  closeSync(output);
  const { pid } = child;
  if (pid === undefined) {
    const [error] = await once(child, "error");
    throw new Error(`${options.binary} could not be started: ${(error as Error).message}`);
  }
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    process.off("exit", killWithUs);
    if (!isRunning()) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  const killWithUs = (): void => {
    child.kill("SIGKILL");
  };
  process.on("exit", killWithUs);
  const ports = await waitUntilReady(options.dir, pid, isRunning);
  if (!ports) {
    await end("SIGKILL");
    throw new Error(`nats-server in ${options.dir} did not become ready; see ${log}`);
  }
  return {
    url: natsUrl(ports.client),
    port: ports.client,
    pid,
    monitorUrl: `http://127.0.0.1:${ports.monitor}`,
    stop: () => end("SIGTERM"),
    kill9: () => end("SIGKILL"),
  };
}
