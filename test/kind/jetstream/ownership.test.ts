import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { consumerKind } from "../../../providers/jetstream/consumer/kind.ts";
import { keyValueKind } from "../../../providers/jetstream/key-value/kind.ts";
import { withMark, withoutMark, withoutServerMetadata } from "../../../providers/jetstream/mark.ts";
import { objectStoreKind } from "../../../providers/jetstream/object-store/kind.ts";
import { streamKind } from "../../../providers/jetstream/stream/kind.ts";
import { toProvider } from "../../../providers/kernel/provider.ts";
import { engineFor, failureOf } from "../../support/nats/engine.ts";
import { WORLDS, type World } from "../../support/nats/world.ts";

let serial = 0;
const unique = () => `O${++serial}`;

describe.each(WORLDS)("on $name", ({ open }) => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world?.close());
  afterEach(() => vi.restoreAllMocks());

  const backend = async () => (await world.client()).backend;
  const keepsMarks = () => world.line !== "2.9";

  it("a refresh doesn't make another stack's stream our own", async () => {
    if (!keepsMarks()) return;
    const engine = engineFor(streamKind, world);
    const declaration = { name: unique(), owner: "p/ours/a", deletionPolicy: "delete" };
    const made = await engine.up(declaration);
    const server = await backend();
    const config = (await server.streamInfo(declaration.name))?.config ?? { name: "" };
    await server.updateStream(withMark(withoutServerMetadata(config), { owner: "q/theirs/b" }));

    const refreshed = await engine.refresh(made);
    expect(engine.log()).toEqual([expect.stringContaining("belongs to q/theirs/b now")]);
    for (const known of [made, refreshed as typeof made]) {
      expect(await failureOf(engine.destroy(known))).toMatchObject({ errorCode: "conflict" });
      expect(await failureOf(engine.up({ ...declaration, description: "d" }, known))).toMatchObject({
        errorCode: "conflict",
      });
    }
    expect((await server.streamInfo(declaration.name))?.config.metadata?.["slipway.owner"]).toBe(
      "q/theirs/b",
    );
  });

  it("nor another stack's consumer", async () => {
    if (!keepsMarks()) return;
    const stream = unique();
    await engineFor(streamKind, world).up({ name: stream });
    const engine = engineFor(consumerKind, world);
    const made = await engine.up({ stream, durable: "c", owner: "p/ours/c" });
    const server = await backend();
    const config = (await server.consumerInfo(stream, "c"))?.config ?? {};
    await server.updateConsumer(stream, withMark(withoutServerMetadata(config), { owner: "q/theirs/c" }));
    const refreshed = (await engine.refresh(made)) as typeof made;
    expect(await failureOf(engine.destroy(refreshed))).toMatchObject({ errorCode: "conflict" });
    expect(await server.consumerInfo(stream, "c")).toBeDefined();
  });

  it("a lost mark shows at a refresh, and up writes it again", async () => {
    if (!keepsMarks()) return;
    const engine = engineFor(streamKind, world);
    const declaration = { name: unique(), owner: "p/ours/a" };
    const made = await engine.up(declaration);
    const server = await backend();
    const config = (await server.streamInfo(declaration.name))?.config ?? { name: "" };
    await server.updateStream(withoutServerMetadata(withoutMark(config)));
    const refreshed = (await engine.refresh(made)) as typeof made;
    expect(engine.preview(declaration, refreshed)).toBe("update");
    await engine.up(declaration, refreshed);
    expect((await server.streamInfo(declaration.name))?.config.metadata?.["slipway.owner"]).toBe("p/ours/a");
  });

  it.each([
    ["a bucket", keyValueKind, "KV_", { discard: "old" }, 'discard is "old"'],
    ["a bucket", keyValueKind, "KV_", { max_msgs: 5 }, "max_msgs is 5"],
    ["an object store", objectStoreKind, "OBJ_", { discard: "old" }, 'discard is "old"'],
    ["an object store", objectStoreKind, "OBJ_", { allow_direct: false }, "allow_direct is false"],
  ] as const)(
    "%s that lost its shape shows at a refresh, and up repairs it",
    async (_, kind, prefix, change, line) => {
      const engine = engineFor(kind as typeof keyValueKind, world);
      const declaration = { bucket: unique(), owner: "p/ours/b" };
      const made = await engine.up(declaration);
      const server = await backend();
      const before = (await server.streamInfo(prefix + declaration.bucket))?.config;
      await server.updateStream({ ...withoutServerMetadata(before ?? { name: "" }), ...change });
      const refreshed = (await engine.refresh(made)) as typeof made;
      expect((refreshed.input as { deviations?: string[] }).deviations).toEqual([line]);
      expect(engine.preview(declaration, refreshed)).toBe("update");
      const repaired = await engine.up(declaration, refreshed);
      expect(await engine.refresh(repaired)).toEqual(made);
    },
  );

  it("a new name doesn't take the old one's messages along, whatever a preview knew", async () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const server = await backend();
    const provider = toProvider(streamKind(async () => server));
    const [name, next] = [unique(), unique()];
    const checked = async (declaration: object) =>
      (await provider.check({}, { owner: "p/ours/a", ...declaration })).inputs;
    const { id, outs } = await provider.create(await checked({ name }));
    await world.publish(name, "precious");
    expect(await provider.diff(id, outs, await checked({ name: next }))).toMatchObject({
      replaces: ["name"],
      deleteBeforeReplace: true,
    });
    expect(await failureOf(provider.delete(id, outs))).toMatchObject({ errorCode: "data-loss" });
    expect(await world.messages(name)).toHaveLength(1);

    await provider.diff(id, outs, await checked({ name: next, allowDataLoss: true }));
    await provider.delete(id, outs);
    expect(await server.streamInfo(name)).toBeUndefined();
  });

  it("a consumer that only goes by a journal's name is left alone", async () => {
    const stream = unique();
    await engineFor(streamKind, world).up({ name: stream, subjects: [`${stream}.>`] });
    const server = await backend();
    await server.createConsumer(stream, {
      name: "c__resume",
      durable_name: "c__resume",
      ack_policy: "explicit",
    });
    const engine = engineFor(consumerKind, world);
    const made = await engine.up({ stream, durable: "c", owner: "p/ours/c" });
    expect(made.computed.resumed).toBeUndefined();
    await engine.destroy(made);
    expect((await server.listConsumers(stream)).map(({ name }) => name)).toEqual(["c__resume"]);
    expect(() => engine.preview({ stream, durable: "c__resume" }, made)).toThrow(/reserved/);
  });
});
