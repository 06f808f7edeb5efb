import type { ConsumerInfo } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlanReport } from "../../cli/contracts.ts";
import { type RealServer, startServer } from "../support/nats/servers.ts";
import { type Observer, observe } from "../support/observer.ts";
import { openProject, type Project } from "../support/project.ts";

/** Changes that need an order, a permission or a takeover, told as one story on a server with little room. */

/** Several commands a test, on a machine that may have other work. */
const STEP_TIMEOUT_MS = 120_000;
const MIB = 2 ** 20;
/** Admits the growth below only after the shrink. */
const ROOM = `jetstream { max_file_store: ${64 * MIB} }`;

let server: RealServer;
let observer: Observer;
let project: Project;

type Entry = Record<string, unknown>;

/** What stays the same throughout. */
const ORDERS = { subjects: ["orders.>"], maxBytes: "8MiB" };
const CONSUMERS = {
  packer: { stream: "ORDERS", ackWait: "30s" },
  billing: { stream: "ORDERS", deliverPolicy: "all", ackPolicy: "explicit" },
};

const created = async (stream: string): Promise<string> =>
  (await observer.manager.streams.info(stream)).created;
const sizeOf = async (stream: string): Promise<number> =>
  (await observer.manager.streams.info(stream)).config.max_bytes;
const consumer = (durable: string): Promise<ConsumerInfo> =>
  observer.manager.consumers.info("ORDERS", durable);

/** Takes messages and acknowledges them; gives the sequence of the last. */
async function work(durable: string, count: number): Promise<number> {
  const source = await observer.nats.jetstream().consumers.get("ORDERS", durable);
  let last = 0;
  for (let index = 0; index < count; index += 1) {
    const message = await source.next({ expires: 5_000 });
    await message?.ackAck();
    last = message?.info.streamSequence ?? 0;
  }
  return last;
}

/** What of the plan a person would have to read: errors and warnings, by resource. */
const told = ({ findings }: PlanReport): unknown[] =>
  findings
    .filter(({ severity }) => severity !== "note")
    .map(({ severity, code, resource }) => [severity, code, resource])
    .sort();

beforeAll(async () => {
  server = await startServer("2.14", { config: ROOM });
  observer = await observe(server.url);
  project = await openProject({ stack: "changes-e2e", servers: server.url });
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  await observer?.close();
  await project?.close();
  await server?.stop();
});

describe("changes of streams and consumers", { timeout: STEP_TIMEOUT_MS }, () => {
  const streams: Record<string, Entry> = {
    ORDERS: { ...ORDERS, subjects: ["orders.>", "returns.>"] },
    SHIPMENTS: { subjects: ["shipments.>"] },
    WIDE: { maxBytes: "40MiB" },
    NARROW: { maxBytes: "8MiB" },
    LOGGED: { deletionPolicy: "delete" },
    KEPT: { deletionPolicy: "retain" },
    GUARDED: { deletionPolicy: "refuse" },
  };

  it("shrink before they grow, release before they claim, and keep positions: all in one up", async () => {
    project.declare({ streams, consumers: CONSUMERS });
    await project.up();
    await observer.fill("orders.*", 10);
    await observer.fill("WIDE", 3);
    expect([await work("packer", 4), await work("billing", 6)]).toEqual([4, 6]);
    const before = await Promise.all(["ORDERS", "WIDE"].map((name) => observer.contents(name)));
    const made = await Promise.all([created("ORDERS"), consumer("packer").then((info) => info.created)]);

    Object.assign(streams, {
      ORDERS,
      SHIPMENTS: { subjects: ["shipments.>", "returns.>"] },
      WIDE: { maxBytes: "8MiB" },
      NARROW: { maxBytes: "40MiB" },
    });
    const consumers = {
      packer: { ...CONSUMERS.packer, ackWait: "1m" },
      billing: { ...CONSUMERS.billing, replayPolicy: "original", allowReplace: true },
      auditor: { stream: "ORDERS", deliverPolicy: "new" },
    };
    project.declare({ streams, consumers });
    await project.up();

    expect([await sizeOf("WIDE"), await sizeOf("NARROW")]).toEqual([8 * MIB, 40 * MIB]);
    expect(await Promise.all(["ORDERS", "WIDE"].map((name) => observer.contents(name)))).toEqual(before);
    await observer.fill("returns.*", 2);
    expect((await observer.contents("SHIPMENTS")).messages).toBe(2);

    const [packer, billing, auditor] = await Promise.all(["packer", "billing", "auditor"].map(consumer));
    expect([await created("ORDERS"), packer?.created]).toEqual(made);
    expect([packer?.config.ack_wait, packer?.ack_floor.stream_seq]).toEqual([60e9, 4]);
    expect([billing?.config.replay_policy, auditor?.num_pending]).toEqual(["original", 0]);
    expect([await work("packer", 1), await work("billing", 1)]).toEqual([5, 7]);
  });

  it("go with what they hold only where their own policy says so", async () => {
    const names = ["LOGGED", "KEPT", "GUARDED"];
    for (const name of names) await observer.fill(name, 5, 1_000);
    const held = await observer.contents("KEPT");
    const without = (...gone: string[]): Entry =>
      Object.fromEntries(Object.entries(streams).filter(([name]) => !gone.includes(name)));
    project.declare({ streams: without(...names), consumers: {} });
    await observer.writes();

    const { code, plan } = await project.plan();
    expect([code, told(plan)]).toEqual([
      1,
      [
        ["error", "data-loss.delete", "Stream GUARDED"],
        ["warning", "data-loss.delete", "Stream LOGGED"],
      ],
    ]);
    expect(plan.findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          resource: "Stream GUARDED",
          message: expect.stringMatching(/5 messages \(.* KiB\)/),
          facts: expect.objectContaining({ messages: 5 }),
        }),
        expect.objectContaining({ severity: "note", code: "removed.retained", resource: "Stream KEPT" }),
      ]),
    );
    // The guard of the provider itself stands where no survey has looked: `destroy` runs no program.
    const target = (await project.resources()).find(({ urn }) => urn.endsWith("-GUARDED"))?.urn ?? "";
    const destroy = await project.slipway("down", "--yes", "--", "--skip-preview", "--target", target);
    expect([destroy.code, destroy.text]).toEqual([
      1,
      expect.stringMatching(/GUARDED is not empty.*5 messages/s),
    ]);
    expect(await observer.writes()).toEqual([]);

    project.declare({ streams: without("LOGGED", "KEPT"), consumers: {} });
    await project.up();
    expect(await observer.streams()).toEqual(["GUARDED", "KEPT", "NARROW", "ORDERS", "SHIPMENTS", "WIDE"]);
    expect(await observer.contents("KEPT")).toEqual(held);
    expect((await observer.contents("GUARDED")).messages).toBe(5);
    for (const name of ["LOGGED", "KEPT"]) delete streams[name];
  });

  it("take over what somebody else made only as far as `adopt` says", async () => {
    await observer.manager.streams.add({ name: "SAME", subjects: ["same.>"], max_age: 3_600e9 });
    await observer.manager.streams.add({ name: "OTHER", subjects: ["other.>"], max_age: 60e9 });
    await observer.fill("same.*", 3);
    await observer.fill("other.*", 3);
    const before = await Promise.all(["SAME", "OTHER"].map((name) => observer.contents(name)));
    const made = await Promise.all(["SAME", "OTHER"].map(created));
    const declare = (adopt: string): void =>
      project.declare({
        streams: {
          ...streams,
          SAME: { subjects: ["same.>"], maxAge: "1h", adopt },
          OTHER: { subjects: ["other.>"], maxAge: "1h", adopt },
        },
      });
    await observer.writes();

    declare("never");
    expect(told((await project.plan()).plan)).toEqual([
      ["error", "exists.different", "Stream OTHER"],
      ["error", "exists.identical", "Stream SAME"],
    ]);
    declare("ifIdentical");
    const second = await project.plan();
    expect([second.code, told(second.plan)]).toEqual([1, [["error", "exists.different", "Stream OTHER"]]]);
    expect(second.plan.findings).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/maxAge \(is .*declared /) }),
    );
    expect(await observer.writes()).toEqual([]);

    declare("always");
    await project.up();
    expect(await Promise.all(["SAME", "OTHER"].map((name) => observer.contents(name)))).toEqual(before);
    expect(await Promise.all(["SAME", "OTHER"].map(created))).toEqual(made);
    expect((await observer.manager.streams.info("OTHER")).config.max_age).toBe(3_600e9);
    expect((await observer.writes()).filter((write) => /SAME|OTHER/.test(write))).toEqual([
      "STREAM.CREATE OTHER",
      "STREAM.CREATE SAME",
      "STREAM.UPDATE OTHER",
      // Only its mark.
      "STREAM.UPDATE SAME",
    ]);
    for (const name of ["SAME", "OTHER"])
      streams[name] = { subjects: [`${name.toLowerCase()}.>`], maxAge: "1h" };
  });

  it("are replaced only where the declaration allows it", async () => {
    const before = await created("SAME");
    Object.assign(streams, { SAME: { ...streams.SAME, storage: "memory" } });
    project.declare({ streams });
    await observer.writes();
    const refused = await project.slipway("preview");
    expect([refused.code, refused.text]).toEqual([1, expect.stringMatching(/SAME.*storage.*allowReplace/s)]);
    expect(await observer.writes()).toEqual([]);

    project.declare({ streams: { ...streams, SAME: { ...streams.SAME, allowReplace: true } } });
    const { code, plan } = await project.plan();
    expect([code, plan.summary.replace, told(plan)]).toEqual([
      0,
      1,
      expect.arrayContaining([["warning", "data-loss.replace", "Stream SAME"]]),
    ]);
    await project.up();
    const { config, state, created: after } = await observer.manager.streams.info("SAME");
    expect([config.storage, state.messages, after > before]).toEqual(["memory", 0, true]);
  });

  it("leave on the server only what refuses to go or is kept", async () => {
    const stopped = await project.slipway("down", "--yes", "--", "--skip-preview");
    expect([stopped.code, stopped.text]).toEqual([
      1,
      expect.stringMatching(/GUARDED is not empty.*5 messages/s),
    ]);
    await observer.manager.streams.purge("GUARDED");
    const down = await project.slipway("down", "--yes", "--", "--skip-preview");
    expect([down.code, await observer.streams()]).toEqual([0, ["KEPT"]]);
    expect(await project.resources()).toEqual([]);
  });
});
