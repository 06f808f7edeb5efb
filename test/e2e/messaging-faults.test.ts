import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RealServer, startServer } from "../support/nats/servers.ts";
import { type Observer, observe } from "../support/observer.ts";
import { failed, openProject, type Project, type ProjectOptions } from "../support/project.ts";

/** What a user sees, and what is left untouched, when the config or the server is not as it should be. */

/** Several commands a test, on a machine that may have other work. */
const STEP_TIMEOUT_MS = 120_000;
const MIB = 2 ** 20;
const PASSWORD = "correct-horse";
const ACCOUNTS = `
jetstream { max_file_store: 1GB }
accounts {
  FREE: { jetstream: enabled, users: [{ user: free, password: ${PASSWORD} }] }
  LIMITED: {
    jetstream: { max_file: ${32 * MIB}, max_mem: ${MIB}, max_streams: 3, max_consumers: 1 }
    users: [{ user: limited, password: ${PASSWORD} }]
  }
  BARE: { users: [{ user: bare, password: ${PASSWORD} }] }
}
no_auth_user: free
`;

const opened: { close(): Promise<void> }[] = [];
const atTheEnd = <T extends { close(): Promise<void> }>(thing: T): T => {
  opened.unshift(thing);
  return thing;
};
const serverOf = async (...args: Parameters<typeof startServer>): Promise<RealServer> => {
  const server = await startServer(...args);
  atTheEnd({ close: () => server.stop() });
  return server;
};
const watch = async (...args: Parameters<typeof observe>): Promise<Observer> =>
  atTheEnd(await observe(...args));
const projectOf = async (options: ProjectOptions): Promise<Project> => atTheEnd(await openProject(options));

const asUser = (user: string, variable = "NATS_PASSWORD") => ({
  connection: { user, password: { env: variable } },
  env: { NATS_PASSWORD: PASSWORD, WRONG_PASSWORD: "battery-staple" },
});

let accounts: RealServer;

beforeAll(async () => {
  accounts = await serverOf("2.14", { config: ACCOUNTS });
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  for (const thing of opened) await thing.close();
});

/** An address on which nobody listens. */
async function deadAddress(): Promise<string> {
  const listener = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return `nats://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

describe("a config with mistakes", { timeout: STEP_TIMEOUT_MS }, () => {
  const LONG = "N".repeat(256);
  const MISTAKES: readonly [path: string, says: RegExp][] = [
    ["slipway:profile", /"production".*"dev".*"prod"/],
    ["slipway:groud", /is not a setting/],
    ["slipway:nats.bukets", /is not a setting/],
    ["slipway:nats.storageBudget", /1GB/],
    ["slipway:nats.connection.servers[0]", /can't be part of the address/],
    ["slipway:nats.streams.UNKNOWN.maxbytes", /is not a setting.*known are .*maxBytes/],
    ["slipway:nats.streams.TYPE.maxMsgs", /"ten" is not a whole number/],
    ["slipway:nats.streams.AGE.maxAge", /5 parsecs/],
    ["slipway:nats.streams.SIZE.maxBytes", /1GB.*1GiB/],
    ["slipway:nats.streams.FRACTION.maxBytes", /1536MiB/],
    ["slipway:nats.streams.UNITLESS.maxBytes", /"1024" has no unit/],
    ["slipway:nats.streams.DOT.name", /"A\.B" has "\." in it/],
    ["slipway:nats.streams.SPACE.name", /"A B" has " " in it/],
    ["slipway:nats.streams.STAR.name", /"A\*" has "\*" in it/],
    ["slipway:nats.streams.TAIL.name", /"A>" has ">" in it/],
    ["slipway:nats.streams.SLASH.name", /"A\/B" has "\/" in it/],
    ["slipway:nats.streams.BELL.name", /stream name/],
    ["slipway:nats.streams.EMPTY.name", /empty/],
    ["slipway:nats.streams.LONG.name", /256 bytes/],
    ["slipway:nats.streams.SUBJECTS.subjects[0]", /empty/],
    ["slipway:nats.streams.SUBJECTS.subjects[1]", /white space/],
    ["slipway:nats.streams.SUBJECTS.subjects[2]", /empty token/],
    ["slipway:nats.streams.SUBJECTS.subjects[3]", /goes on after ">"/],
    ["slipway:nats.streams.OVERLAP.subjects", /"a\.>" overlaps "a\.b"/],
    ["slipway:nats.buckets.dotted.bucket", /"a\.b" is not a bucket name/],
    ["slipway:nats.buckets.long.bucket", /at most 252/],
    ["slipway:nats.buckets.deep.history", /65/],
    ["slipway:nats.objectStores.spaced.bucket", /"a b" is not a bucket name/],
    ["slipway:nats.consumers.dotted.durable", /"a\.b" has "\." in it/],
    ["slipway:nats.consumers.nowhere.stream", /is missing/],
  ];

  it("has all of them told in one run, each with its path", async () => {
    const project = await projectOf({ stack: "faults-config", servers: await deadAddress() });
    project.declareRaw({
      "slipway:profile": "production",
      "slipway:groud": "embedded",
      "slipway:nats": {
        connection: { servers: "nats://me:secret@host" },
        bukets: {},
        storageBudget: "1GB",
        streams: {
          UNKNOWN: { maxbytes: 5 },
          TYPE: { maxMsgs: "ten" },
          AGE: { maxAge: "5 parsecs" },
          SIZE: { maxBytes: "1GB" },
          FRACTION: { maxBytes: "1.5GiB" },
          UNITLESS: { maxBytes: "1024" },
          DOT: { name: "A.B" },
          SPACE: { name: "A B" },
          STAR: { name: "A*" },
          TAIL: { name: "A>" },
          SLASH: { name: "A/B" },
          BELL: { name: "A\u0007" },
          EMPTY: { name: "" },
          LONG: { name: LONG },
          SUBJECTS: { subjects: ["", "a b", "a..b", "a.>.b"] },
          OVERLAP: { subjects: ["a.>", "a.b"] },
        },
        buckets: {
          dotted: { bucket: "a.b" },
          long: { bucket: "b".repeat(253) },
          deep: { history: 65 },
        },
        objectStores: { spaced: { bucket: "a b" } },
        consumers: { dotted: { stream: "TYPE", durable: "a.b" }, nowhere: {} },
      },
    });
    const { text } = failed(await project.slipway("preview"));
    const lines = text.split("\n").map((line) => line.trim());
    const untold = MISTAKES.filter(
      ([path, says]) => !lines.some((line) => line.startsWith(`${path}: `) && says.test(line)),
    );
    expect(untold, text).toEqual([]);
    expect(text).toContain(`the stack config has ${MISTAKES.length} mistakes`);
    // No stack trace, and nothing of what might be a secret.
    expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
  });

  it("has streams that get in each other's way told in one run", async () => {
    const project = await projectOf({ stack: "faults-overlap", servers: await deadAddress() });
    project.declare({
      streams: {
        FIRST: { name: "SAME", subjects: ["first.>"] },
        SECOND: { name: "SAME", subjects: ["second.>"] },
        WIDE: { subjects: ["orders.>"] },
        NARROW: { subjects: ["orders.*.paid"] },
      },
      consumers: { lost: { stream: "WIDE", filterSubject: "invoices.>" } },
    });
    const { code, plan } = await project.plan();
    expect([code, plan.result, plan.offline]).toEqual([1, "errors", true]);
    const errors = plan.findings.filter(({ severity }) => severity === "error");
    expect(errors.map(({ code, path }) => [code, path])).toEqual(
      expect.arrayContaining([
        ["name.duplicate", expect.stringMatching(/^slipway:nats\.streams\.(FIRST|SECOND)/)],
        ["subjects.overlap", expect.stringMatching(/^slipway:nats\.streams\.(WIDE|NARROW)\.subjects/)],
      ]),
    );
  });
});

describe("a server that doesn't play along", { timeout: STEP_TIMEOUT_MS }, () => {
  const ONE = { streams: { ONE: { maxBytes: "1MiB" } } };

  it("can be away for a preview, not for an up", async () => {
    const project = await projectOf({ stack: "faults-away", servers: await deadAddress() });
    project.declare(ONE);
    const shown = await project.slipway("preview");
    expect([shown.code, shown.text]).toEqual([0, expect.stringMatching(/warning +NATS: .*can't be reached/)]);
    const { code, plan } = await project.plan();
    expect([code, plan.result, plan.offline, plan.summary.create]).toEqual([0, "warnings", true, 3]);
    expect((await project.slipway("preview", "--fail-on", "warning")).code).toBe(2);

    const up = failed(await project.slipway("up", "--yes", "--skip-preview"));
    expect(up.text).toMatch(/NATS: .*can't be reached.*nothing was changed/s);
    expect((await project.resources()).filter(({ custom }) => custom === true).map(({ id }) => id)).toEqual(
      [],
    );
  });

  it("is not waited for when it takes the connection and says nothing", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    atTheEnd({ close: async () => void silent.close() });
    const { port } = silent.address() as AddressInfo;
    const project = await projectOf({
      stack: "faults-silent",
      servers: `nats://127.0.0.1:${port}`,
      connection: { connectTimeout: "500ms" },
    });
    project.declare(ONE);
    const { code, plan } = await project.plan();
    expect([code, plan.result, plan.offline]).toEqual([0, "warnings", true]);
  });

  it("refuses wrong credentials, which are not shown", async () => {
    const project = await projectOf({
      stack: "faults-password",
      servers: accounts.url,
      ...asUser("limited", "WRONG_PASSWORD"),
    });
    project.declare(ONE);
    const { text } = failed(await project.slipway("preview"));
    expect(text).toMatch(/refused the credentials/);
    expect(text).toMatch(/to do: check the credentials in slipway:nats\.connection/);
    expect(text).not.toContain("battery-staple");
  });

  it("has JetStream switched off: for the account, or altogether", async () => {
    const account = await projectOf({ stack: "faults-bare", servers: accounts.url, ...asUser("bare") });
    account.declare(ONE);
    const here = failed(await account.slipway("preview"));
    expect(here.text).toMatch(/JetStream is not enabled for this account.*to do: enable JetStream/s);

    const without = await serverOf("2.14", { jetStream: false });
    const project = await projectOf({ stack: "faults-off", servers: without.url });
    project.declare(ONE);
    const there = failed(await project.slipway("up", "--yes", "--skip-preview"));
    expect(there.text).toMatch(/the server runs without JetStream.*to do: enable JetStream/s);
  });

  it("has an account with limits: all that is exceeded is told before anything is made", async () => {
    const project = await projectOf({ stack: "faults-limits", servers: accounts.url, ...asUser("limited") });
    const observer = await watch(accounts.url, { user: "limited", pass: PASSWORD });
    project.declare({
      streams: { A: { maxBytes: "20MiB" }, B: { maxBytes: "13MiB" }, C: {}, D: {} },
      consumers: { one: { stream: "A" }, two: { stream: "A" } },
    });
    const { code, plan } = await project.plan();
    expect([code, plan.result]).toEqual([1, "errors"]);
    const errors = plan.findings.filter(({ severity }) => severity === "error");
    expect(errors).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          code: "budget.exceeded",
          message: expect.stringContaining(`${MIB} bytes (1 MiB) are missing`),
          facts: expect.objectContaining({ required: 33 * MIB, limit: 32 * MIB, shortfall: MIB }),
        }),
        expect.objectContaining({
          code: "limit.streams",
          facts: expect.objectContaining({ streams: 4, limit: 3 }),
        }),
        expect.objectContaining({ code: "limit.consumers" }),
      ]),
    );
    const up = failed(await project.slipway("up", "--yes", "--skip-preview"));
    expect(up.text).toMatch(/nothing was changed/);
    expect([await observer.writes(), await observer.streams()]).toEqual([[], []]);

    project.declare({
      streams: { A: { maxBytes: "20MiB" }, B: { maxBytes: "11MiB" }, C: {} },
      consumers: { one: { stream: "A" } },
    });
    await project.up();
    expect(await observer.streams()).toEqual(["A", "B", "C"]);
  });

  it.each([
    { line: "2.9" as const, field: "compression", newer: { compression: "s2" }, since: "2.10.0" },
    { line: "2.10" as const, field: "allowMsgTtl", newer: { allowMsgTtl: true }, since: "2.11.0" },
  ])("is of line $line and too old for $field", async ({ line, field, newer, since }) => {
    const server = await serverOf(line);
    const observer = await watch(server.url);
    const project = await projectOf({ stack: `faults-${line.replace(".", "-")}`, servers: server.url });
    project.declare({ streams: { ONE: { maxBytes: "1MiB", ...newer } } });
    const { code, plan } = await project.plan();
    expect([code, plan.findings.filter(({ severity }) => severity === "error")]).toEqual([
      1,
      [
        expect.objectContaining({
          code: "server.unsupported",
          resource: "Stream ONE",
          message: expect.stringContaining(`${field} (since ${since})`),
        }),
      ],
    ]);
    expect(await observer.writes()).toEqual([]);

    project.declare({ streams: { ONE: { maxBytes: "1MiB" } } });
    await project.up();
    await observer.fill("ONE", 3);
    const held = await observer.contents("ONE");
    await observer.writes();
    expect((await project.up()).out).toMatch(/: no changes, /);
    expect(await observer.writes()).toEqual([]);
    project.declare({ streams: { ONE: { maxBytes: "2MiB" } } });
    await project.up();
    expect([await observer.writes(), await observer.contents("ONE")]).toEqual([["STREAM.UPDATE ONE"], held]);
  });
});

describe("a budget that only the config knows", { timeout: STEP_TIMEOUT_MS }, () => {
  it("stops what would exceed it, before the first resource", async () => {
    const project = await projectOf({ stack: "faults-budget", servers: accounts.url });
    const observer = await watch(accounts.url);
    project.declare({
      storageBudget: "10MiB",
      streams: { A: { maxBytes: "6MiB" } },
      objectStores: { b: { maxBytes: "5MiB" } },
    });
    const up = failed(await project.slipway("up", "--yes", "--skip-preview"));
    expect(up.text).toMatch(new RegExp(`${MIB} bytes \\(1 MiB\\) are missing`));
    expect([await observer.writes(), await observer.streams()]).toEqual([[], []]);
  });
});

describe("somebody else between preview and up", { timeout: STEP_TIMEOUT_MS }, () => {
  it("has filled, deleted or changed a stream: nothing is lost, and the next up goes on", async () => {
    const server = await serverOf("2.14");
    const observer = await watch(server.url);
    const project = await projectOf({ stack: "faults-between", servers: server.url });
    project.declare({ streams: { FILLED: {}, DELETED: {}, CHANGED: {} } });
    await project.up();
    project.declare({
      streams: { FILLED: { maxMsgs: 2 }, DELETED: { maxMsgs: 2 }, CHANGED: { maxMsgs: 2 } },
    });
    const { code, plan } = await project.plan();
    expect([code, plan.result, plan.summary.update]).toEqual([0, "clean", 3]);

    await observer.fill("FILLED", 5);
    const held = await observer.contents("FILLED");
    await observer.manager.streams.delete("DELETED");
    await observer.manager.streams.update("CHANGED", { max_bytes: MIB });
    const stopped = failed(await project.slipway("up", "--yes", "--skip-preview"));
    expect(stopped.text).toMatch(/Stream FILLED: .*max_msgs 2: the oldest 3 of 5 messages/);
    expect(await observer.contents("FILLED")).toEqual(held);

    project.declare({
      streams: { FILLED: { maxMsgs: 10 }, DELETED: { maxMsgs: 2 }, CHANGED: { maxMsgs: 2 } },
    });
    await project.up("--refresh");
    const limits = await Promise.all(
      ["FILLED", "DELETED", "CHANGED"].map(async (name) => (await observer.stream(name))?.config),
    );
    expect(limits.map((config) => [config?.max_msgs, config?.max_bytes])).toEqual([
      [10, -1],
      [2, -1],
      [2, -1],
    ]);
    expect(await observer.contents("FILLED")).toEqual(held);
  });
});
