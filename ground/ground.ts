import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { dataDir } from "./nats/launch.ts";
import { type NatsStatus, natsDown, natsStatus, natsUp } from "./nats/part.ts";
import { writeFileAtomically } from "./portable/atomic-file.mjs";
import type { Environment } from "./portable/cache.mjs";
import { withLock } from "./portable/lock.mjs";
import { type Progress, silentProgress } from "./portable/progress.mjs";
import { provideTools } from "./toolchain/toolchain.ts";

export type GroundPart = "nats";
export const PARTS: readonly GroundPart[] = ["nats"];

export interface GroundOptions {
  /** Default: `ground` under `SLIPWAY_DIR`, or under `.slipway` in the working directory. */
  readonly dir?: string;
  /** Default: silent. */
  readonly progress?: Progress;
  /** Default: `process.env`. */
  readonly env?: Environment;
}

/** What `endpoints.json` holds: the contract by which programs that may not import the ground find it. */
export interface Endpoints {
  readonly nats?: { readonly url: string };
}

export interface PartState {
  readonly name: GroundPart;
  readonly pid: number;
  readonly url: string;
  /** False when it ran already. */
  readonly started: boolean;
}

export type PartStatus = { readonly name: GroundPart } & NatsStatus;

export function groundDir({ dir, env = process.env }: Pick<GroundOptions, "dir" | "env">): string {
  return resolve(dir ?? join(env.SLIPWAY_DIR || ".slipway", "ground"));
}

export const endpointsPath = (dir: string): string => join(dir, "endpoints.json");

const partDir = (dir: string, part: GroundPart): string => join(dir, part);

const locked = <T>(dir: string, progress: Progress, work: () => Promise<T>): Promise<T> =>
  withLock(join(dir, "ground.lock"), work, {
    onWait: (pid) => progress.say(`waiting for process ${pid}, which is changing the ground in ${dir}`),
  });

/**
 * Starts what isn't running on 127.0.0.1, as processes that outlive this command, and writes `endpoints.json`. Safe to
 * repeat and to run at the same time. Throws `ToolUnavailable`, or the end of a server's log when it doesn't come up.
 */
export async function groundUp(
  options: GroundOptions & {
    /** Default: all. */
    readonly parts?: readonly GroundPart[];
    /** JetStream's file storage in bytes. Default: 16 GiB. */
    readonly maxFileStoreBytes?: number;
  } = {},
): Promise<PartState[]> {
  const { progress = silentProgress, env = process.env, parts = PARTS } = options;
  const dir = groundDir(options);
  // Before the lock: a build takes minutes, and `down` need not wait for it.
  const tools = parts.includes("nats") ? await provideTools(["nats-server"], { progress, env }) : undefined;
  return locked(dir, progress, async () => {
    const states: PartState[] = [];
    if (tools) {
      const nats = await natsUp({
        dir: partDir(dir, "nats"),
        binary: tools["nats-server"].path,
        ...(options.maxFileStoreBytes === undefined ? {} : { maxFileStoreBytes: options.maxFileStoreBytes }),
      });
      states.push({ name: "nats", ...nats });
      progress.say(`nats: ${nats.started ? "started" : "running"}, pid ${nats.pid}, ${nats.url}`);
    }
    const endpoints: Endpoints = Object.fromEntries(states.map(({ name, url }) => [name, { url }]));
    writeFileAtomically(endpointsPath(dir), `${JSON.stringify(endpoints, null, 2)}\n`);
    return states;
  });
}

/** Ends every part; data and logs stay. Returns the parts that were running. */
export async function groundDown(options: GroundOptions = {}): Promise<GroundPart[]> {
  const { progress = silentProgress } = options;
  const dir = groundDir(options);
  return locked(dir, progress, () => stopAll(dir, progress));
}

/** Ends every part and deletes its data; logs stay. There is no way back: ask first. */
export async function groundReset(options: GroundOptions = {}): Promise<GroundPart[]> {
  const { progress = silentProgress } = options;
  const dir = groundDir(options);
  return locked(dir, progress, async () => {
    const stopped = await stopAll(dir, progress);
    rmSync(dataDir(partDir(dir, "nats")), { recursive: true, force: true });
    progress.say(`nats: data deleted from ${partDir(dir, "nats")}`);
    return stopped;
  });
}

/** Looks at every part; starts, stops and locks nothing. */
export async function groundStatus(options: GroundOptions = {}): Promise<PartStatus[]> {
  const dir = groundDir(options);
  return [{ name: "nats", ...(await natsStatus(partDir(dir, "nats"))) }];
}

async function stopAll(dir: string, progress: Progress): Promise<GroundPart[]> {
  // First, so that nobody is sent to a server that is about to end.
  rmSync(endpointsPath(dir), { force: true });
  if (!(await natsDown(partDir(dir, "nats")))) return [];
  progress.say("nats: stopped");
  return ["nats"];
}
