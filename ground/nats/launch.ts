import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { readJsonFile, writeFileAtomically } from "../portable/atomic-file.mjs";
import { waitFor } from "../process/wait.ts";
import {
  ANY_PORT,
  DEFAULT_MAX_FILE_STORE_BYTES,
  DEFAULT_MAX_MEMORY_STORE_BYTES,
  renderConfig,
} from "./config.ts";
import { isHealthy } from "./handshake.ts";

/** Reading back a store of some gigabytes comes before the first answer. */
const READY_TIMEOUT_MS = 30_000;

export interface NatsOptions {
  /** Everything of this server lies under it: configuration, data, log. */
  readonly dir: string;
  /** Default: 16 GiB. */
  readonly maxFileStoreBytes?: number;
  /** Default: any free port. A preferred port that is taken gives way to a free one. */
  readonly port?: number;
  /** More configuration in the server's own language. */
  readonly config?: string;
}

export interface NatsPorts {
  readonly client: number;
  readonly monitor: number;
}

export const dataDir = (dir: string): string => join(dir, "data");
export const logPath = (dir: string): string => join(dir, "nats-server.log");
const configFile = (dir: string): string => join(dir, "nats-server.conf");
/** What the server of `dir` is started with, and no other process is. */
export const launchArguments = (dir: string): readonly string[] => ["-c", configFile(dir)];
const portsDir = (dir: string): string => join(dir, "ports");

/** Writes the configuration and returns the arguments to start the server with. */
export async function prepareLaunch(options: NatsOptions): Promise<readonly string[]> {
  const { dir, port = ANY_PORT } = options;
  // A file left by a killed server of the same pid would be taken for the new one's.
  rmSync(portsDir(dir), { recursive: true, force: true });
  for (const folder of [dataDir(dir), portsDir(dir)]) mkdirSync(folder, { recursive: true });
  const text = renderConfig({
    port: port === ANY_PORT || (await isFree(port)) ? port : ANY_PORT,
    storeDir: dataDir(dir),
    portsDir: portsDir(dir),
    maxFileStoreBytes: options.maxFileStoreBytes ?? DEFAULT_MAX_FILE_STORE_BYTES,
    maxMemoryStoreBytes: DEFAULT_MAX_MEMORY_STORE_BYTES,
    ...(options.config === undefined ? {} : { extra: options.config }),
  });
  writeFileAtomically(configFile(dir), text);
  return launchArguments(dir);
}

/** Waits until the server with this pid answers with JetStream on. Undefined when it ended or took too long. */
export async function waitUntilReady(
  dir: string,
  pid: number,
  isRunning: () => boolean,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<NatsPorts | undefined> {
  const outcome = await waitFor<NatsPorts | "ended">(async () => {
    if (!isRunning()) return "ended";
    const ports = readPorts(dir, pid);
    return ports && (await isHealthy(ports.client)) ? ports : undefined;
  }, timeoutMs);
  return outcome === "ended" ? undefined : outcome;
}

function readPorts(dir: string, pid: number): NatsPorts | undefined {
  const file = join(portsDir(dir), `nats-server_${pid}.ports`);
  const listed = readJsonFile(file) as { nats?: string[]; monitoring?: string[] } | undefined;
  const client = portOf(listed?.nats?.[0]);
  const monitor = portOf(listed?.monitoring?.[0]);
  return client !== undefined && monitor !== undefined ? { client, monitor } : undefined;
}

function portOf(url: string | undefined): number | undefined {
  const digits = /:(\d+)\/?$/.exec(url ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host: "127.0.0.1", port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

export const natsUrl = (port: number): string => `nats://127.0.0.1:${port}`;
