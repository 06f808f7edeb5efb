import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { type Lock, lockSchema } from "../../cli/backend/lock.ts";
import { lockFolder, readLocks } from "../../cli/backend/locks.ts";
import { processStartedAt } from "../../cli/backend/process-start.ts";
import { doctorSchema, groundSchema, planSchema, statusSchema } from "../../cli/contracts.ts";
import { CHECKOUT } from "../../cli/project/session.ts";

/** One story, told in order, over the real Pulumi CLI and a real ground of its own. */

const STACK = "cli-e2e";
const STEP_TIMEOUT_MS = 120_000;
const STREAM = "pulumi-nodejs:dynamic/slipway:Stream";
/** The key of the empty passphrase, as an embedded stack has it. */
const ENCRYPTION_SALT = "v1:dWnIP2iIPVU=:v1:GevieV+yhu5l5KM0:wAAxUdVmxWB7qXjkUMKSDDJIfJqIsg==";

const home = mkdtempSync(join(tmpdir(), "slipway-cli-e2e-"));
const configFile = join(home, "stack.yaml");
const env = { ...process.env, SLIPWAY_DIR: join(home, "slipway"), NO_COLOR: "1" };
const onStack = ["--stack", STACK, "--config-file", configFile];
const main = join(CHECKOUT, "cli", "main.ts");
const stateDir = join(env.SLIPWAY_DIR, "state");
const stateFile = join(stateDir, ".pulumi", "stacks", "slipway", `${STACK}.json`);

type Entries = Record<string, Record<string, unknown>>;

function declare(streams: Entries): void {
  const nats = {
    streams,
    buckets: { settings: { history: 3 } },
    consumers: { archive: { stream: "ORDERS" } },
  };
  const config = { "slipway:profile": "dev", "slipway:ground": "embedded", "slipway:nats": nats };
  writeFileSync(configFile, stringify({ encryptionsalt: ENCRYPTION_SALT, config }));
}

const ORDERS = { ORDERS: { subjects: ["orders.>"], maxBytes: "8MiB" } };
const many = (prefix: string): Entries =>
  Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`${prefix}_${index}`, { subjects: [`${prefix}.${index}`] }]),
  );

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function run(file: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd: CHECKOUT, env, maxBuffer: 1 << 26 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ code, out, err });
    });
  });
}

const slipway = (command: string, ...args: readonly string[]): Promise<Ended> =>
  run(process.execPath, [main, command, ...onStack, ...args]);
const ground = (command: string, ...args: readonly string[]): Promise<Ended> =>
  run(process.execPath, [main, "ground", command, ...onStack, ...args]);

/** What was printed goes with a wrong exit code, or nobody could tell what went wrong. */
function succeeded(ended: Ended): Ended {
  expect(ended.code, `${ended.out}\n${ended.err}`).toBe(0);
  return ended;
}

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const deadline = performance.now() + STEP_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(5);
  }
  throw new Error(`waited in vain for ${what}`);
}

const theLock = (): Lock | undefined => readLocks(stateDir, "slipway", STACK)[0];

/** Processes that carry this test's own folder in their environment, the ground's server and this one apart. */
function processesLeft(): string[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        const mine = readFileSync(`/proc/${pid}/environ`, "utf8").includes(`SLIPWAY_DIR=${env.SLIPWAY_DIR}`);
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return mine && command !== "" && !command.includes("nats-server") ? [command] : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}
const noProcessLeft = () =>
  until("the killed run's processes to end", () => (processesLeft().length === 0 ? true : undefined));

/** Where the server keeps a stream: there as soon as it is made. */
const streamFolder = (name: string): string =>
  join(env.SLIPWAY_DIR, "ground", "nats", "data", "jetstream", "$G", "streams", name);

function pendingOperations(): unknown[] {
  try {
    const { checkpoint } = JSON.parse(readFileSync(stateFile, "utf8"));
    return checkpoint.latest.pending_operations ?? [];
  } catch {
    // The engine replaces the file while it is read.
    return [];
  }
}

async function publish(count: number, bytes: number): Promise<void> {
  const { parts } = groundSchema.parse(JSON.parse(succeeded(await ground("status", "--json")).out));
  const connection = await connect({ servers: parts[0]?.url ?? "" });
  const stream = connection.jetstream();
  for (let index = 0; index < count; index += 1) await stream.publish("orders.new", new Uint8Array(bytes));
  await connection.close();
}

beforeAll(() => declare(ORDERS));

afterAll(async () => {
  await ground("reset", "--yes");
  rmSync(home, { recursive: true, force: true });
}, STEP_TIMEOUT_MS);

describe("slipway", { timeout: STEP_TIMEOUT_MS }, () => {
  it("preview --json says what a first up would create, without touching the checkout's stack files", async () => {
    const { out } = succeeded(await slipway("preview", "--json"));
    const plan = planSchema.parse(JSON.parse(out));
    expect(plan).toMatchObject({ stack: STACK, result: "clean", offline: false, findings: [] });
    expect(plan.changes.every(({ op }) => op === "create")).toBe(true);
    expect(plan.changes.filter(({ type }) => type === STREAM).map(({ name }) => name)).toEqual([
      expect.stringMatching(/ORDERS$/),
    ]);
    expect(existsSync(join(CHECKOUT, `Pulumi.${STACK}.yaml`))).toBe(false);
  });

  it("up makes everything, and a second one changes nothing", async () => {
    expect(succeeded(await slipway("up")).out).toMatch(
      /^up cli-e2e: \d+ created.* in .* Next: npx slipway status/m,
    );
    expect(succeeded(await slipway("up")).out).toMatch(/^up cli-e2e: no changes, \d+ unchanged in /m);
  });

  it("status --json keeps its contract", async () => {
    const status = statusSchema.parse(JSON.parse(succeeded(await slipway("status", "--json")).out));
    expect(status).toMatchObject({ stack: STACK, healthy: true, orphans: [], ground: { embedded: true } });
    expect(status.resources.map(({ type, id, healthy }) => [type.split(":").at(-1), id, healthy])).toEqual([
      ["Consumer", "consumer/ORDERS/archive", true],
      ["KeyValue", "kv/settings", true],
      ["Stream", "stream/ORDERS", true],
    ]);
    expect(succeeded(await slipway("status")).out).toMatch(/^Stream +ORDERS +healthy .*░/m);
  });

  it("doctor --json finds nothing missing", async () => {
    const report = doctorSchema.parse(JSON.parse(succeeded(await slipway("doctor", "--json")).out));
    expect(report.checks.filter(({ status }) => status === "missing")).toEqual([]);
    expect(report.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "node",
        "pulumi",
        "nats-server",
        "node_modules",
        "ground: nats",
        "state backend",
      ]),
    );
  });

  it("env is all that plain pulumi needs", async () => {
    // The bootstrap puts Node first on PATH for `slipway env` itself; the user's shell has only its own, if any.
    const bare = `PATH=/usr/bin:/bin; unset NODE_COMPILE_CACHE`;
    const line = `lines=$("${process.execPath}" "${main}" env ${onStack.join(" ")} 2>/dev/null); ${bare}; eval "$lines" && pulumi preview --non-interactive --expect-no-changes --config-file "${configFile}"`;
    expect(succeeded(await run("sh", ["-c", line])).out).toContain("unchanged");
  });

  it("preview names the data at risk, exits 1, and up stops at it", async () => {
    await publish(20, 100_000);
    declare({ ORDERS: { ...ORDERS.ORDERS, maxBytes: "1MiB" } });
    const preview = await slipway("preview", "--json");
    const plan = planSchema.parse(JSON.parse(preview.out));
    expect([preview.code, plan.result]).toEqual([1, "errors"]);
    expect(plan.findings).toEqual([
      expect.objectContaining({
        severity: "error",
        resource: "Stream ORDERS",
        path: expect.stringMatching(/maxBytes$/),
      }),
    ]);
    expect(plan.changes).toEqual([
      expect.objectContaining({
        op: "update",
        reasons: [{ path: "maxBytes", before: "8MiB", after: "1MiB" }],
      }),
    ]);
    const shown = await slipway("preview");
    expect(shown.code).toBe(1);
    expect(shown.out).toMatch(/^Findings: 1 error\n {2}error +Stream ORDERS: .*of 20/m);

    const up = await slipway("up");
    expect([up.code, up.out]).toEqual([1, expect.stringMatching(/^up cli-e2e: failed after /m)]);
    declare(ORDERS);
  });

  it("stops at a lock that somebody holds, and at one of another machine", async () => {
    const folder = lockFolder(stateDir, "slipway", STACK);
    mkdirSync(folder, { recursive: true });
    const lock: Lock = lockSchema.parse({
      pid: process.pid,
      username: "somebody",
      hostname: hostname(),
      timestamp: new Date().toISOString(),
    });
    const file = join(folder, "held.json");
    try {
      writeFileSync(file, JSON.stringify(lock));
      const held = await slipway("up");
      expect([held.code, held.err]).toEqual([1, expect.stringContaining(`process ${process.pid}`)]);
      writeFileSync(file, JSON.stringify({ ...lock, hostname: "another.example" }));
      const elsewhere = await slipway("up");
      expect([elsewhere.code, elsewhere.err]).toEqual([
        1,
        expect.stringContaining(`pulumi cancel --yes --stack ${STACK}`),
      ]);
    } finally {
      rmSync(file);
    }
  });

  it("clears what a killed up left, and goes on", async () => {
    declare({ ...ORDERS, ...many("MANY") });
    const killed = slipway("up", "--checkpoints");
    const lock = await until("a lock and operations under way", () =>
      pendingOperations().length > 0 ? theLock() : undefined,
    );
    process.kill(lock.pid, "SIGKILL");
    expect((await killed).code).toBe(1);
    expect(processStartedAt(lock.pid)).toBeUndefined();
    await noProcessLeft();
    expect([theLock(), pendingOperations()]).toEqual([lock, expect.arrayContaining([expect.anything()])]);

    const { out, err } = succeeded(await slipway("up"));
    expect(err).toMatch(
      new RegExp(`^Stack cli-e2e had a stale lock, left by .*process ${lock.pid}.*; removed it`, "m"),
    );
    expect(err).toMatch(/^An interrupted run left \d+ operations? open; cleared them/m);
    expect(out).not.toContain("pending operations");
    expect([theLock(), pendingOperations()]).toEqual([undefined, []]);

    const status = statusSchema.parse(JSON.parse(succeeded(await slipway("status", "--json")).out));
    expect([status.resources.length, status.orphans]).toEqual([43, []]);
  });

  it("passes an interrupt on once, and what was done is recorded", async () => {
    declare(ORDERS);
    const child = spawn(process.execPath, [main, "up", ...onStack, "--checkpoints"], {
      cwd: CHECKOUT,
      env,
      stdio: "ignore",
    });
    const closed = once(child, "close");
    await until("operations under way", () => (pendingOperations().length > 0 ? true : undefined));
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
    expect([theLock(), pendingOperations()]).toEqual([undefined, []]);
  });

  it("down deletes also what a killed up made and never recorded", async () => {
    declare({ ...ORDERS, ...many("LATE") });
    const killed = slipway("up");
    const lock = await until("a lock", theLock);
    expect(processStartedAt(lock.pid)).toBeDefined();
    await until("a stream that the state doesn't know", () =>
      existsSync(streamFolder("LATE_1")) ? true : undefined,
    );
    process.kill(lock.pid, "SIGKILL");
    expect((await killed).code).toBe(1);
    await noProcessLeft();
    const left = statusSchema.parse(JSON.parse((await slipway("status", "--json")).out));
    expect(left.orphans.map(({ id }) => id)).toContain("stream/LATE_1");

    const { err } = succeeded(await slipway("down", "--keep-ground"));
    expect(err).toMatch(/^Deleted \d+ resources that an interrupted run had left\.$/m);
    const after = statusSchema.parse(JSON.parse(succeeded(await slipway("status", "--json")).out));
    expect([after.resources, after.orphans]).toEqual([[], []]);
  });

  it("down leaves no process and no resource", async () => {
    const before = groundSchema.parse(JSON.parse((await ground("status", "--json")).out));
    const pid = before.parts[0]?.pid ?? 0;
    expect(processStartedAt(pid)).toBeDefined();
    succeeded(await slipway("down"));
    expect(processStartedAt(pid)).toBeUndefined();
    const status = statusSchema.parse(JSON.parse(succeeded(await slipway("status", "--json")).out));
    expect(processesLeft()).toEqual([]);
    expect([status.resources, status.ground.parts.map(({ running }) => running)]).toEqual([[], [false]]);
  });
});
