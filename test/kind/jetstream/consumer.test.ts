import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consumerKind } from "../../../providers/jetstream/consumer/kind.ts";
import { streamKind } from "../../../providers/jetstream/stream/kind.ts";
import { engineFor, failureOf, Refused } from "../../support/nats/engine.ts";
import { WORLDS, type World } from "../../support/nats/world.ts";

let serial = 0;

describe.each(WORLDS)("a consumer on $name", ({ open }) => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world?.close());

  const setUp = async (retention: "limits" | "interest" | "workqueue" = "limits") => {
    const stream = `C${++serial}`;
    await engineFor(streamKind, world).up({ name: stream, subjects: [`${stream}.>`], retention });
    const publish = async (...data: string[]) => {
      for (const each of data) await world.publish(`${stream}.a`, each);
    };
    const { backend } = await world.client();
    return {
      engine: engineFor(consumerKind, world),
      stream,
      publish,
      declaration: { stream, durable: "reader", owner: "p/s/reader" },
      consume: (count: number, options?: { ack?: boolean }) =>
        world.consume(stream, "reader", count, options),
      names: async () => (await backend.listConsumers(stream)).map(({ name }) => name),
      live: () => backend.consumerInfo(stream, "reader"),
      backend,
    };
  };

  it("is created, reads back clean, and unchanged sends nothing", async () => {
    const { engine, declaration } = await setUp();
    const made = await engine.up(declaration);
    expect(await engine.refresh(made)).toEqual(made);
    await engine.up(declaration, made);
    expect(engine.sent()).toEqual({});
    expect(made.id).toBe(`consumer/${declaration.stream}/reader`);
  });

  it("changes in place, and keeps its position", async () => {
    const { engine, declaration, publish, consume } = await setUp();
    const made = await engine.up(declaration);
    await publish("1", "2", "3");
    expect(await consume(2)).toEqual(["1", "2"]);
    const changed = await engine.up({ ...declaration, ackWait: "1m", maxDeliver: 5, description: "d" }, made);
    expect(changed.computed).toEqual(made.computed);
    expect(await engine.refresh(changed)).toEqual(changed);
    expect(await consume(5)).toEqual(["3"]);
    const bare = await engine.up(declaration, changed);
    expect(await engine.refresh(bare)).toEqual(bare);
  });

  it("sends no write when what is there is as desired already", async () => {
    const { engine, declaration } = await setUp();
    const made = await engine.up(declaration);
    await engine.up({ ...declaration, ackWait: "1m" }, made);
    await engine.up({ ...declaration, ackWait: "1m" }, made);
    expect(engine.sent()["CONSUMER.CREATE"]).toBeUndefined();
  });

  it("refuses what can't be changed in place", async () => {
    const { engine, declaration } = await setUp();
    const made = await engine.up(declaration);
    await expect(engine.up({ ...declaration, deliverPolicy: "new" }, made)).rejects.toThrow(Refused);
    await expect(engine.up({ ...declaration, ackPolicy: "all" }, made)).rejects.toThrow(/ackPolicy/);
  });

  it.each([
    ["ack policy", { ackPolicy: "all" }],
    ["replay policy", { replayPolicy: "original" }],
    ["where it starts", { deliverPolicy: "new" }],
    ["waiting pulls", { maxWaiting: 7 }],
  ])("is made again where it stood: %s", async (_label, change) => {
    const { engine, declaration, publish, consume, names } = await setUp();
    const made = await engine.up(declaration);
    await publish("1", "2", "3", "4");
    expect(await consume(2)).toEqual(["1", "2"]);
    expect(await consume(1, { ack: false })).toEqual(["3"]);
    const again = await engine.up({ ...declaration, ...change, allowReplace: true }, made);
    expect(again.computed.created).not.toBe(made.computed.created);
    expect(await names()).toEqual(["reader"]);
    expect(await consume(5)).toEqual(["3", "4"]);

    const read = await engine.refresh(again);
    expect(read).toEqual(again);
    expect(engine.preview({ ...declaration, ...change }, read as never)).toBe("none");
    const edited = await engine.up({ ...declaration, ...change, description: "later" }, again);
    expect(await engine.refresh(edited)).toEqual(edited);
    expect(edited.computed).toEqual(again.computed);
  });

  it("made again and again without an acknowledgement in between stays where it stood", async () => {
    const { engine, declaration, publish, consume } = await setUp();
    const made = await engine.up(declaration);
    await publish("1", "2", "3");
    await consume(2);
    const once = await engine.up({ ...declaration, maxWaiting: 7, allowReplace: true }, made);
    const twice = await engine.up({ ...declaration, maxWaiting: 8, allowReplace: true }, once);
    expect(await engine.refresh(twice)).toEqual(twice);
    expect(await consume(1, { ack: false })).toEqual(["3"]);
    const thrice = await engine.up({ ...declaration, maxWaiting: 9, allowReplace: true }, twice);
    expect(await engine.refresh(thrice)).toEqual(thrice);
    expect(await consume(5)).toEqual(["3"]);
  });

  it("that only delivers what is new skips nothing when made again before anything came", async () => {
    const { engine, declaration, publish, consume } = await setUp();
    await publish("old", "older");
    const made = await engine.up({ ...declaration, deliverPolicy: "new" });
    await publish("1", "2");
    await consume(1, { ack: false });
    await engine.up({ ...declaration, deliverPolicy: "new", maxWaiting: 7, allowReplace: true }, made);
    expect(await consume(5)).toEqual(["1", "2"]);
  });

  it("holds on to an interest stream's messages while it is made again", async () => {
    const { engine, declaration, publish, consume } = await setUp("interest");
    const made = await engine.up(declaration);
    await publish("1", "2", "3");
    await consume(1);
    await engine.up({ ...declaration, maxWaiting: 7, allowReplace: true }, made);
    expect(await consume(5)).toEqual(["2", "3"]);
  });

  it("on a work queue is made again without a second consumer", async () => {
    const { engine, declaration, publish, consume, names } = await setUp("workqueue");
    const made = await engine.up(declaration);
    await publish("1", "2", "3");
    await consume(1);
    const again = await engine.up({ ...declaration, maxWaiting: 7, allowReplace: true }, made);
    expect(await names()).toEqual(["reader"]);
    expect(await consume(5)).toEqual(["2", "3"]);
    expect(await engine.refresh(again)).toEqual(again);
  });

  it("turns from pull to push and back only where allowed", async () => {
    const { engine, declaration } = await setUp();
    const made = await engine.up(declaration);
    const push = { ...declaration, deliverSubject: `push.${declaration.stream}` };
    await expect(engine.up(push, made)).rejects.toThrow(/deliverSubject/);
    const pushed = await engine.up({ ...push, allowReplace: true }, made);
    expect(await engine.refresh(pushed)).toEqual(pushed);
    const pulled = await engine.up({ ...declaration, allowReplace: true }, pushed);
    expect(await engine.refresh(pulled)).toEqual(pulled);
  });

  it("shows drift at a refresh, and up repairs it", async () => {
    const { engine, declaration, backend } = await setUp();
    const made = await engine.up(declaration);
    const live = await backend.consumerInfo(declaration.stream, "reader");
    await backend.updateConsumer(declaration.stream, { ...live?.config, max_deliver: 9 });
    const drifted = await engine.refresh(made);
    expect(drifted?.input).toMatchObject({ maxDeliver: 9 });
    expect(await engine.up(declaration, drifted)).toEqual(made);
  });

  it("never takes over what it did not make, unless told to", async () => {
    const { engine, declaration } = await setUp();
    const bare = { stream: declaration.stream, durable: "reader" };
    const first = await engine.up({ ...bare, maxDeliver: 3 });
    const refused = await failureOf(engine.up(declaration));
    expect(refused).toMatchObject({ errorCode: "conflict" });
    expect(refused.message).toMatch(/maxDeliver: is 3, declared -1/);
    expect(await engine.refresh(first)).toEqual(first);
    const identical = { ...declaration, maxDeliver: 3 };
    if (world.line !== "2.9") expect((await failureOf(engine.up(identical))).message).toMatch(/ifIdentical/);
    expect((await engine.up({ ...identical, adopt: "ifIdentical" })).computed).toEqual(first.computed);
    expect(await engine.up(identical)).toMatchObject({ computed: first.computed });
  });

  it("is taken over and changed where adopt is always", async () => {
    const { engine, declaration, live } = await setUp();
    const first = await engine.up({ stream: declaration.stream, durable: "reader", maxDeliver: 3 });
    const adopted = await engine.up({ ...declaration, adopt: "always" });
    expect(adopted.computed).toEqual(first.computed);
    expect((await live())?.config.max_deliver).toBe(-1);
  });

  it("never deletes or changes what belongs to somebody else", async () => {
    if (world.line === "2.9") return; // No metadata, no marks.
    const { engine, declaration, names } = await setUp();
    const theirs = await engine.up({ ...declaration, owner: "other/prod/reader" });
    const ours = { ...theirs, input: { ...theirs.input, owner: declaration.owner } };
    expect((await failureOf(engine.destroy(ours))).message).toContain("belongs to other/prod/reader");
    const changed = await failureOf(engine.up({ ...declaration, maxDeliver: 2 }, ours));
    expect(changed.message).toContain("belongs to other/prod/reader");
    expect(await names()).toEqual(["reader"]);
  });

  it("is deleted, and gone already is success, with or without its stream", async () => {
    const { engine, declaration, names, backend } = await setUp();
    const made = await engine.up(declaration);
    await engine.destroy(made);
    expect(await names()).toEqual([]);
    expect(await engine.refresh(made)).toBeUndefined();
    await engine.destroy(made);
    await backend.deleteStream(declaration.stream);
    await engine.destroy(made);
    expect(await engine.refresh(made)).toBeUndefined();
  });

  it("stays, as nobody's, where the policy is retain", async () => {
    const { engine, declaration, names, live } = await setUp();
    await engine.destroy(await engine.up({ ...declaration, deletionPolicy: "retain" }));
    expect(await names()).toEqual(["reader"]);
    expect(
      Object.keys((await live())?.config.metadata ?? {}).filter((key) => key.startsWith("slipway.")),
    ).toEqual([]);
  });

  it("can be got by its id", async () => {
    const { engine, declaration } = await setUp();
    const made = await engine.up(declaration);
    expect((await engine.get(made.id))?.input).toMatchObject({
      stream: declaration.stream,
      durable: "reader",
    });
    expect((await failureOf(engine.get("consumer/only"))).message).toContain("consumer/<stream>/<durable>");
  });

  it("says what is missing: its stream, the server's version", async () => {
    const { engine, declaration } = await setUp();
    expect(await failureOf(engine.up({ ...declaration, stream: "NONE" }))).toMatchObject({
      errorCode: "gone",
    });
    if (world.line === "2.14") return;
    const wanted = { ...declaration, priorityPolicy: "overflow", priorityGroups: ["a"] };
    const old = await failureOf(engine.up(wanted));
    expect(old).toMatchObject({ errorCode: "unsupported" });
    expect(old.message).toMatch(/priorityGroups needs server 2\.11/);
  });

  it("refuses a second consumer of a work queue's subjects as the user's to mend", async () => {
    const { engine, declaration } = await setUp("workqueue");
    await engine.up(declaration);
    const second = await failureOf(engine.up({ ...declaration, durable: "other", owner: "p/s/other" }));
    expect(second).toMatchObject({ errorCode: "conflict" });
    expect(second.message).toMatch(/filter/);
  });
});
