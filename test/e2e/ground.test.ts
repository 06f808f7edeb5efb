import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "nats";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { endpointsPath, groundDown, groundReset, groundStatus, groundUp } from "../../ground/ground.ts";
import { startNats } from "../../ground/nats/owned.ts";
import { isAlive, processIdentity } from "../../ground/portable/identity.mjs";
import { readRecord, writeRecord } from "../../ground/process/record.ts";
import { endProcess } from "../../ground/process/supervisor.ts";
import { provideTools } from "../../ground/toolchain/toolchain.ts";

let binary: string;

beforeAll(async () => {
  // A cold tool cache means a build here.
  binary = (await provideTools(["nats-server"]))["nats-server"].path;
}, 600_000);

function groundFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "slipway-ground-"));
  onTestFinished(async () => {
    await groundDown({ dir });
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

async function up(dir: string) {
  const [nats] = await groundUp({ dir, parts: ["nats"] });
  if (!nats) throw new Error("no part came up");
  return nats;
}

async function withClient<T>(url: string, work: (client: NatsConnection) => Promise<T>): Promise<T> {
  const client = await connect({ servers: url, reconnect: false });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const makeStream = (url: string): Promise<void> =>
  withClient(url, async (client) => {
    const manager = await client.jetstreamManager();
    await manager.streams.add({ name: "KEPT", subjects: ["kept.>"] });
    for (let i = 0; i < 10; i++) await client.jetstream().publish("kept.message", `message ${i}`);
  });

const messagesInStream = (url: string): Promise<number> =>
  withClient(url, async (client) => {
    const manager = await client.jetstreamManager();
    return (await manager.streams.info("KEPT")).state.messages;
  });

const startTimeOf = (pid: number): string => {
  const startTime = processIdentity(pid);
  if (startTime === undefined) throw new Error(`process ${pid} does not run`);
  return startTime;
};

async function kill9(pid: number): Promise<void> {
  const startTime = startTimeOf(pid);
  process.kill(pid, "SIGKILL");
  while (isAlive(pid, startTime)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Stops the process as a debugger would, and waits until it stands still. */
async function suspend(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  const isStopped = (thread: string): boolean =>
    readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1").includes(") T ");
  while (!readdirSync(`/proc/${pid}/task`).every(isStopped))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("ground up", () => {
  it("starts a server with room for the fleet preset and writes where it is", async () => {
    const dir = groundFolder();
    const nats = await up(dir);
    expect(nats).toMatchObject({ name: "nats", started: true });
    expect(JSON.parse(readFileSync(endpointsPath(dir), "utf8"))).toEqual({ nats: { url: nats.url } });
    const limits = await withClient(nats.url, async (client) => {
      const manager = await client.jetstreamManager();
      // What one account may use is what the server has.
      await manager.streams.add({ name: "BIG", subjects: ["big"], max_bytes: 11_609_833_472 });
      return (await manager.getAccountInfo()).limits;
    });
    expect(limits).toBeDefined();
  });

  it("listens on 127.0.0.1 only", async () => {
    const dir = groundFolder();
    const { pid } = await up(dir);
    const addresses = listeningAddresses(pid);
    expect(addresses.length).toBeGreaterThanOrEqual(2);
    expect(new Set(addresses)).toEqual(new Set(["127.0.0.1"]));
  });

  it("twice keeps the same process", async () => {
    const dir = groundFolder();
    const first = await up(dir);
    expect(await up(dir)).toEqual({ ...first, started: false });
  });

  it("at the same time, here and in other processes, starts one server", async () => {
    const dir = groundFolder();
    const script = `import { groundUp } from ${JSON.stringify(join(import.meta.dirname, "../../ground/ground.ts"))};
      console.log(JSON.stringify((await groundUp({ dir: ${JSON.stringify(dir)} }))[0]));`;
    const elsewhere = [runModule(script), runModule(script)];
    const states = await Promise.all([
      up(dir),
      up(dir),
      up(dir),
      ...elsewhere.map(async (out) => JSON.parse(await out)),
    ]);
    expect(new Set(states.map(({ pid }) => pid)).size).toBe(1);
    expect(states.filter(({ started }) => started)).toHaveLength(1);
  });

  it("replaces a killed server: new process, same port, data still there", async () => {
    const dir = groundFolder();
    const first = await up(dir);
    await makeStream(first.url);
    await kill9(first.pid);
    expect((await groundStatus({ dir }))[0]).toMatchObject({ running: false, healthy: false });
    const second = await up(dir);
    expect(second).toMatchObject({ url: first.url, started: true });
    expect(second.pid).not.toBe(first.pid);
    expect(await messagesInStream(second.url)).toBe(10);
    // The log of the start that was killed is kept.
    expect(existsSync(join(dir, "nats", "nats-server.log.1"))).toBe(true);
  });

  it("replaces a server that hangs", async () => {
    const dir = groundFolder();
    const first = await up(dir);
    await makeStream(first.url);
    await suspend(first.pid);
    expect((await groundStatus({ dir }))[0]).toMatchObject({ running: true, healthy: false, pid: first.pid });
    const second = await up(dir);
    expect(second.pid).not.toBe(first.pid);
    expect(await messagesInStream(second.url)).toBe(10);
  });

  it("takes another port when somebody has the last one", async () => {
    const dir = groundFolder();
    const first = await up(dir);
    await groundDown({ dir });
    const taken = Number(new URL(first.url.replace("nats:", "http:")).port);
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(taken, "127.0.0.1", resolve));
    onTestFinished(() => void squatter.close());
    const second = await up(dir);
    expect(second.url).not.toBe(first.url);
    await makeStream(second.url);
  });

  it("finds a server whose starter died before it could note the ports", async () => {
    const dir = groundFolder();
    const first = await up(dir);
    const record = readRecord(join(dir, "nats"));
    if (!record) throw new Error("no record");
    writeRecord(join(dir, "nats"), { ...record, ports: {} });
    expect(await up(dir)).toEqual({ ...first, started: false });
  });
});

describe("a server whose folder was deleted while it ran", () => {
  it("is replaced by the next up: two of them would write to the same store", async () => {
    const dir = groundFolder();
    const first = await up(dir);
    const startTime = startTimeOf(first.pid);
    rmSync(dir, { recursive: true });
    const second = await up(dir);
    expect(second.started).toBe(true);
    expect([isAlive(first.pid, startTime), processIdentity(second.pid)]).toEqual([false, expect.anything()]);
  });

  it("is ended by down", async () => {
    const dir = groundFolder();
    const { pid } = await up(dir);
    const startTime = startTimeOf(pid);
    rmSync(dir, { recursive: true });
    expect(await groundDown({ dir })).toEqual(["nats"]);
    expect(isAlive(pid, startTime)).toBe(false);
  });
});

describe("ground down", () => {
  it("leaves no process, no endpoints and all data", async () => {
    const dir = groundFolder();
    const first = await up(dir);
    await makeStream(first.url);
    const startTime = startTimeOf(first.pid);
    expect(await groundDown({ dir })).toEqual(["nats"]);
    expect(isAlive(first.pid, startTime)).toBe(false);
    expect(existsSync(endpointsPath(dir))).toBe(false);
    expect(await groundDown({ dir })).toEqual([]);
    const second = await up(dir);
    expect(second.url).toBe(first.url);
    expect(await messagesInStream(second.url)).toBe(10);
  });

  it("never ends a process that only has the recorded pid", async () => {
    const dir = groundFolder();
    const { pid } = await up(dir);
    const record = readRecord(join(dir, "nats"));
    if (!record) throw new Error("no record");
    const bystander = spawn("sleep", ["600"], { stdio: "ignore" });
    onTestFinished(() => {
      bystander.kill("SIGKILL");
    });
    if (bystander.pid === undefined) throw new Error("sleep could not be started");
    writeRecord(join(dir, "nats"), { ...record, pid: bystander.pid });
    onTestFinished(async () => {
      await endProcess({ pid, startTime: record.startTime });
    });

    expect((await groundStatus({ dir }))[0]).toMatchObject({ running: false });
    // The server itself is known by its arguments, record or not.
    expect(await groundDown({ dir })).toEqual(["nats"]);
    expect(isAlive(pid, record.startTime)).toBe(false);
    expect(bystander.exitCode).toBeNull();
    expect(isAlive(bystander.pid, startTimeOf(bystander.pid))).toBe(true);
  });
});

describe("ground reset", () => {
  it("deletes the data and keeps the logs", async () => {
    const dir = groundFolder();
    const first = await up(dir);
    await makeStream(first.url);
    expect(await groundReset({ dir })).toEqual(["nats"]);
    expect((await groundStatus({ dir }))[0]).toMatchObject({ running: false, dataBytes: 0 });
    expect(readdirSync(join(dir, "nats"))).toContain("nats-server.log");
    const second = await up(dir);
    await expect(messagesInStream(second.url)).rejects.toThrow("stream not found");
  });
});

describe("ground status", () => {
  it("of a ground that never was", async () => {
    const dir = groundFolder();
    expect(await groundStatus({ dir })).toEqual([
      {
        name: "nats",
        running: false,
        healthy: false,
        dataBytes: 0,
        log: join(dir, "nats", "nats-server.log"),
      },
    ]);
  });

  it("tells where the server is and what it holds", async () => {
    const dir = groundFolder();
    const { pid, url } = await up(dir);
    const before = (await groundStatus({ dir }))[0];
    expect(before).toMatchObject({ name: "nats", running: true, healthy: true, pid, url });
    await makeStream(url);
    expect((await groundStatus({ dir }))[0]?.dataBytes).toBeGreaterThan(before?.dataBytes ?? 0);
    expect(readFileSync(before?.log ?? "", "utf8")).toContain("Server is ready");
  });
});

describe("a server of a test's own", () => {
  it("comes back with its data on the same port after kill -9", async () => {
    const dir = mkdtempSync(join(tmpdir(), "slipway-nats-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const first = await startNats({ dir, binary });
    await makeStream(first.url);
    await first.kill9();
    const second = await startNats({ dir, binary, port: first.port });
    onTestFinished(() => second.stop());
    expect(second.url).toBe(first.url);
    expect(await messagesInStream(second.url)).toBe(10);
  });

  it("takes more configuration, and says where its log is when it doesn't come up", async () => {
    const dir = mkdtempSync(join(tmpdir(), "slipway-nats-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    await expect(startNats({ dir, binary, config: "max_payload: nonsense" })).rejects.toThrow(
      "nats-server.log",
    );
    const server = await startNats({ dir, binary, config: "authorization { token: secret }" });
    onTestFinished(() => server.stop());
    await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(/authorization/i);
    await (await connect({ servers: server.url, token: "secret" })).close();
  });
});

/** Addresses of the process's listening TCP sockets, from /proc. */
function listeningAddresses(pid: number): string[] {
  const LISTEN = "0A";
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketInode(pid, fd)));
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === LISTEN && sockets.has(columns[9] ?? ""))
      .map((columns) => (columns[1]?.startsWith("0100007F:") ? "127.0.0.1" : String(columns[1]))),
  );
}

function socketInode(pid: number, fd: string): string[] {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    return inode === undefined ? [] : [inode];
  } catch {
    return [];
  }
}

function runModule(text: string): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", text], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (piece) => {
    output += piece;
  });
  return new Promise((resolve, reject) =>
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`exit code ${code}`)))),
  );
}
