import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, writeFileAtomically } from "../portable/atomic-file.mjs";
import { isAlive } from "../portable/identity.mjs";
import { dataBytes } from "../process/data-size.ts";
import { type ProcessRecord, readRecord, writeRecord } from "../process/record.ts";
import { endStrays } from "../process/strays.ts";
import { findRunning, startDetached, stopRecorded } from "../process/supervisor.ts";
import { isHealthy } from "./handshake.ts";
import {
  dataDir,
  launchArguments,
  logPath,
  type NatsOptions,
  natsUrl,
  prepareLaunch,
  waitUntilReady,
} from "./launch.ts";

const LOG_LINES_IN_ERROR = 5;
/** A server that was ready once and doesn't answer for so long hangs. */
const HANGING_AFTER_MS = 2_000;

export interface RunningNats {
  readonly pid: number;
  readonly url: string;
  /** False when the server was there already. */
  readonly started: boolean;
}

/** Brings the detached server up: keeps a healthy one, replaces one that died or doesn't answer. */
export async function natsUp(options: NatsOptions & { readonly binary: string }): Promise<RunningNats> {
  const { dir } = options;
  const running = findRunning(dir);
  if (running) {
    const ports = await readyPorts(dir, running);
    if (ports !== undefined) return { pid: running.pid, url: natsUrl(ports), started: false };
  }
  await natsDown(dir);
  const port = options.port ?? lastPort(dir);
  const args = await prepareLaunch({ ...options, ...(port === undefined ? {} : { port }) });
  const record = await startDetached(dir, { command: options.binary, args, logPath: logPath(dir) });
  const ports = await waitUntilReady(dir, record.pid, () => isAlive(record.pid, record.startTime));
  if (!ports) {
    await stopRecorded(dir);
    throw new Error(
      `nats-server did not become ready.\n${logTail(record.logPath)}\n  log: ${record.logPath}`,
    );
  }
  writeRecord(dir, { ...record, ports: { ...ports } });
  writeFileAtomically(lastPortFile(dir), `${ports.client}\n`);
  return { pid: record.pid, url: natsUrl(ports.client), started: true };
}

/** The client port of a server that is healthy, or becomes so: the command that started it may have died early. */
async function readyPorts(dir: string, record: ProcessRecord): Promise<number | undefined> {
  const known = record.ports.client;
  if (known !== undefined && (await isHealthy(known))) return known;
  const isRunning = (): boolean => isAlive(record.pid, record.startTime);
  const ports = await waitUntilReady(
    dir,
    record.pid,
    isRunning,
    known === undefined ? undefined : HANGING_AFTER_MS,
  );
  if (ports) writeRecord(dir, { ...record, ports: { ...ports } });
  return ports?.client;
}

/** Ends the recorded server, and one that runs on the same files without a record. Returns whether there was one. */
export async function natsDown(dir: string): Promise<boolean> {
  const recorded = await stopRecorded(dir);
  // Two servers that write to the same store would spoil it.
  const unrecorded = await endStrays(launchArguments(dir));
  return recorded || unrecorded;
}

export interface NatsStatus {
  readonly running: boolean;
  readonly healthy: boolean;
  readonly pid?: number;
  readonly url?: string;
  readonly monitorUrl?: string;
  readonly dataBytes: number;
  /** The newest log; earlier starts' are beside it as `.1`, `.2`. */
  readonly log: string;
}

export async function natsStatus(dir: string): Promise<NatsStatus> {
  const running = findRunning(dir);
  const base = { dataBytes: dataBytes(dataDir(dir)), log: readRecord(dir)?.logPath ?? logPath(dir) };
  if (!running) return { running: false, healthy: false, ...base };
  const { client, monitor } = running.ports;
  return {
    running: true,
    healthy: client !== undefined && (await isHealthy(client)),
    pid: running.pid,
    ...(client === undefined ? {} : { url: natsUrl(client) }),
    ...(monitor === undefined ? {} : { monitorUrl: `http://127.0.0.1:${monitor}` }),
    ...base,
  };
}

// Outlives the record: clients and stack outputs know this port, so the next server takes it if it can.
const lastPortFile = (dir: string): string => join(dir, "last-port");

function lastPort(dir: string): number | undefined {
  const port = readJsonFile(lastPortFile(dir));
  return Number.isInteger(port) ? (port as number) : undefined;
}

function logTail(path: string): string {
  try {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(-LOG_LINES_IN_ERROR);
    return lines.map((line) => `  ${line}`).join("\n");
  } catch {
    return "  (no log was written)";
  }
}
