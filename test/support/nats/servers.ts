import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { natsServerBinary, type ServerLine } from "./binaries.ts";

const START_DEADLINE_MS = 10_000;
const POLL_MS = 20;

export interface RealServer {
  readonly url: string;
  readonly pid: number;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** Ends it as a crash would; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
}

export interface ServerOptions {
  /** Lines of nats-server's own configuration, such as accounts and limits. */
  readonly config?: string;
  /** Default true. */
  readonly jetStream?: boolean;
}

/** A nats-server of our own on 127.0.0.1 and a free port, with its data in a temporary directory. */
export async function startServer(line: ServerLine, options: ServerOptions = {}): Promise<RealServer> {
  const binary = await natsServerBinary(line);
  const dir = await mkdtemp(join(tmpdir(), "slipway-nats-"));
  const configFile = join(dir, "server.conf");
  await writeFile(configFile, options.config ?? "");
  const start = async (port: number): Promise<{ child: ChildProcess; url: string }> => {
    const child = spawn(binary, [
      ...["-c", configFile, "-a", "127.0.0.1", "-p", String(port), "--ports_file_dir", dir],
      ...(options.jetStream === false ? [] : ["-js", "-sd", join(dir, "data")]),
    ]);
    const output: string[] = [];
    child.stderr?.on("data", (chunk) => output.push(String(chunk)));
    child.stdout?.resume();
    return { child, url: await portsFileUrl(dir, child, () => output.join("")) };
  };
  let { child, url } = await start(-1);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  };
  return {
    get url() {
      return url;
    },
    get pid() {
      return child.pid as number;
    },
    async stop() {
      await end("SIGTERM");
      await rm(dir, { recursive: true, force: true });
    },
    kill: () => end("SIGKILL"),
    async restart() {
      for (const file of await readdir(dir)) if (file.endsWith(".ports")) await rm(join(dir, file));
      ({ child, url } = await start(Number(new URL(url).port)));
    },
  };
}

async function portsFileUrl(dir: string, child: ChildProcess, output: () => string): Promise<string> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const file = (await readdir(dir)).find((name) => name.endsWith(`_${child.pid}.ports`));
    const text = file === undefined ? "" : await readFile(join(dir, file), "utf8");
    // The file is there a moment before its content is.
    if (text.trim().endsWith("}")) return (JSON.parse(text) as { nats: [string] }).nats[0];
    await sleep(POLL_MS);
  }
  child.kill("SIGKILL");
  throw new Error(`nats-server did not start:\n${output()}`);
}
