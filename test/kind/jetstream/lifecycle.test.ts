import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyValueKind } from "../../../providers/jetstream/key-value/kind.ts";
import { objectStoreKind } from "../../../providers/jetstream/object-store/kind.ts";
import { streamKind } from "../../../providers/jetstream/stream/kind.ts";
import { engineFor, failureOf } from "../../support/nats/engine.ts";
import { WORLDS, type World } from "../../support/nats/world.ts";

let serial = 0;
const unique = (name: string) => `${name}${++serial}`;

/** Each kind of storage with a declaration, a change that moves no message, and a subject that it holds. */
const KINDS = [
  {
    label: "Stream",
    engine: (world: World) => engineFor(streamKind, world),
    declare: (name: string) => ({ name, subjects: [`${name}.>`], maxBytes: "1MiB", maxAge: "7d" }),
    change: { maxBytes: "2MiB", maxAge: "30d", description: "changed" },
    stream: (name: string) => name,
    subject: (name: string) => `${name}.a`,
  },
  {
    label: "KeyValue",
    engine: (world: World) => engineFor(keyValueKind, world),
    declare: (name: string) => ({ bucket: name, history: 5, ttl: "7d" }),
    change: { ttl: "1m", history: 8, description: "changed" },
    stream: (name: string) => `KV_${name}`,
    subject: (name: string) => `$KV.${name}.a`,
  },
  {
    label: "ObjectStore",
    engine: (world: World) => engineFor(objectStoreKind, world),
    declare: (name: string) => ({ bucket: name, maxBytes: "1MiB" }),
    change: { maxBytes: "2MiB", ttl: "30d", description: "changed" },
    stream: (name: string) => `OBJ_${name}`,
    subject: (name: string) => `$O.${name}.C.a`,
  },
] as const;

describe.each(WORLDS)("on $name", ({ open }) => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world?.close());

  describe.each(KINDS)("a $label", ({ engine: engineOf, declare, change, stream, subject }) => {
    const mine = { owner: "fleet/dev/it", deletionPolicy: "delete" } as const;
    const open = () => ({
      engine: engineOf(world) as ReturnType<typeof engineFor<object, { created: string }>>,
      name: unique("T"),
    });
    const live = async (name: string) => (await world.client()).backend.streamInfo(stream(name));
    const fill = async (name: string, count: number) => {
      for (let i = 0; i < count; i += 1) await world.publish(`${subject(name)}${i}`, `data ${i}`);
    };

    it("is created with one message, and unchanged sends none", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...mine });
      expect(engine.sent()).toEqual({ "STREAM.CREATE": 1 });
      expect(made.computed.created).toBe((await live(name))?.created);
      await engine.up({ ...declare(name), ...mine }, made);
      expect(engine.sent()).toEqual({});
    });

    it("reads back clean, with one listing", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...mine });
      const read = await engine.refresh(made);
      expect(engine.sent()).toEqual({ "STREAM.LIST": 1 });
      expect(read).toEqual(made);
      expect(engine.log()).toEqual([]);
    });

    it("changes in place, with its messages kept", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...mine });
      await fill(name, 5);
      const before = await world.messages(stream(name));
      const changed = await engine.up({ ...declare(name), ...change, ...mine }, made);
      expect(engine.sent()).toEqual({ "STREAM.INFO": 1, "STREAM.UPDATE": 1 });
      expect(changed.computed.created).toBe(made.computed.created);
      expect(await world.messages(stream(name))).toEqual(before);
      expect(before.length).toBe(5);
      expect(await engine.refresh(changed)).toEqual(changed);
    });

    it("takes a removed property back to its default", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...change, ...mine });
      const bare = await engine.up({ ...declare(name), ...mine }, made);
      expect((await live(name))?.config.description ?? "").toBe("");
      expect(await engine.refresh(bare)).toEqual(bare);
    });

    it("sends no write when what is there is as desired already", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...mine });
      await engine.up({ ...declare(name), ...change, ...mine }, made);
      const again = await engine.up({ ...declare(name), ...change, ...mine }, made);
      expect(engine.sent()).toEqual({ "STREAM.INFO": 1 });
      expect(engine.preview({ ...declare(name), ...change, ...mine }, again)).toBe("none");
    });

    it("shows drift at a refresh, and up repairs it", async () => {
      const { engine, name } = open();
      const declaration = { ...declare(name), ...mine };
      const made = await engine.up(declaration);
      const { backend } = await world.client();
      const info = await backend.streamInfo(stream(name));
      await backend.updateStream({ ...info?.config, name: stream(name), description: "by hand" });
      const drifted = await engine.refresh(made);
      expect(drifted?.input).toMatchObject({ description: "by hand" });
      expect(engine.preview(declaration, drifted as never)).toBe("update");
      const repaired = await engine.up(declaration, drifted);
      expect(repaired).toEqual(made);
      expect((await live(name))?.config.description ?? "").toBe("");
    });

    it("is gone for a refresh when deleted outside; an update then says so", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...mine });
      await (await world.client()).backend.deleteStream(stream(name));
      expect(await engine.refresh(made)).toBeUndefined();
      const failure = await failureOf(engine.up({ ...declare(name), ...change, ...mine }, made));
      expect(failure.errorCode).toBe("gone");
      expect(failure.message).toContain("pulumi refresh");
      await engine.destroy(made);
    });

    it("notices that it was deleted and made again outside", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...mine });
      const { backend } = await world.client();
      const config = (await backend.streamInfo(stream(name)))?.config;
      await backend.deleteStream(stream(name));
      await backend.createStream({ ...config, name: stream(name), metadata: {} });
      await engine.refresh(made);
      expect(engine.log().join()).toContain("messages from before are lost");
    });

    it("recognises what an interrupted create of its own made, also when it was to be different", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...mine });
      await fill(name, 2);
      expect(await engine.up({ ...declare(name), ...mine })).toEqual(made);
      if (world.line === "2.9") return;
      const again = await engine.up({ ...declare(name), ...change, ...mine });
      expect(again.computed).toEqual(made.computed);
      expect((await world.messages(stream(name))).length).toBe(2);
      expect((await live(name))?.config.description).toBe("changed");
    });

    it("never takes over what it did not make, unless told to", async () => {
      const { engine, name } = open();
      const { backend } = await world.client();
      const first = await engine.up({ ...declare(name), ...change });
      await fill(name, 2);
      const declaration = { ...declare(name), ...mine };
      const refused = await failureOf(engine.up(declaration));
      expect(refused.errorCode).toBe("conflict");
      expect(refused.message).toMatch(/description: is "changed", declared/);
      expect(refused.message).toMatch(/adopt: always/);
      expect((await failureOf(engine.up({ ...declaration, adopt: "ifIdentical" }))).errorCode).toBe(
        "conflict",
      );
      const adopted = await engine.up({ ...declaration, adopt: "always", allowDataLoss: true });
      expect(adopted.computed).toEqual(first.computed);
      expect((await world.messages(stream(name))).length).toBe(2);
      expect((await backend.streamInfo(stream(name)))?.config.description ?? "").toBe("");
    });

    it("adopts an identical one when told to, and marks it as its own", async () => {
      const { engine, name } = open();
      const first = await engine.up(declare(name));
      const declaration = { ...declare(name), ...mine };
      if (world.line !== "2.9")
        expect((await failureOf(engine.up(declaration))).message).toMatch(/ifIdentical/);
      const adopted = await engine.up({ ...declaration, adopt: "ifIdentical" });
      expect(adopted.computed).toEqual(first.computed);
      const owner = (await live(name))?.config.metadata?.["slipway.owner"];
      expect(owner).toBe(world.line === "2.9" ? undefined : mine.owner);
    });

    it("never deletes or changes what belongs to somebody else", async () => {
      if (world.line === "2.9") return; // No metadata, no marks.
      const { engine, name } = open();
      const theirs = await engine.up({ ...declare(name), ...mine, owner: "other/prod/it" });
      const ours = { ...theirs, input: { ...theirs.input, owner: mine.owner } };
      expect((await failureOf(engine.destroy(ours))).message).toContain("belongs to other/prod/it");
      const changed = await failureOf(engine.up({ ...declare(name), ...change, ...mine }, ours));
      expect(changed.message).toContain("belongs to other/prod/it");
      const identical = await failureOf(engine.up({ ...declare(name), ...mine, adopt: "ifIdentical" }));
      expect(identical.message).toContain("belongs to other/prod/it");
      expect(await live(name)).toBeDefined();
    });

    it("is deleted with its messages only where the policy says so", async () => {
      const { engine, name } = open();
      const careful = await engine.up({ ...declare(name), owner: mine.owner });
      await fill(name, 3);
      const refused = await failureOf(engine.destroy(careful));
      expect(refused.errorCode).toBe("data-loss");
      expect(refused.message).toMatch(/3 messages/);
      const careless = await engine.up({ ...declare(name), ...mine }, careful);
      await engine.destroy(careless);
      expect(await live(name)).toBeUndefined();
      await engine.destroy(careless);
    });

    it("is deleted by the default policy while it is empty", async () => {
      const { engine, name } = open();
      await engine.destroy(await engine.up({ ...declare(name), owner: mine.owner }));
      expect(await live(name)).toBeUndefined();
    });

    it("stays, as nobody's, where the policy is retain", async () => {
      const { engine, name } = open();
      const kept = await engine.up({ ...declare(name), ...mine, deletionPolicy: "retain" });
      await fill(name, 3);
      await engine.destroy(kept);
      expect((await world.messages(stream(name))).length).toBe(3);
      const metadata = Object.keys((await live(name))?.config.metadata ?? {});
      expect(metadata.filter((key) => key.startsWith("slipway."))).toEqual([]);
    });

    it("is replaced by name only, the new one beside nothing of the old", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), owner: mine.owner });
      await fill(name, 1);
      const other = unique("T");
      const renamed = { ...declare(other), owner: mine.owner };
      expect(await failureOf(engine.up(renamed, made))).toMatchObject({ errorCode: "data-loss" });
      expect((await live(name))?.state.messages).toBe(1);
      const moved = await engine.up({ ...renamed, allowDataLoss: true }, made);
      expect(moved.id).not.toBe(made.id);
      expect(await live(name)).toBeUndefined();
      expect((await live(other))?.state.messages).toBe(0);
    });

    it("can be got by its id, in the shape of a declaration", async () => {
      const { engine, name } = open();
      const made = await engine.up({ ...declare(name), ...mine });
      const got = await engine.get(made.id);
      expect(got?.computed).toEqual(made.computed);
      // Without metadata the server can't tell whose it is.
      const ours = world.line === "2.9" ? {} : mine;
      expect(got?.input).toEqual({ ...made.input, owner: undefined, deletionPolicy: undefined, ...ours });
      expect(await engine.get(made.id.replace(name, "none"))).toBeUndefined();
      expect((await failureOf(engine.get(`wrong/${name}`))).message).toMatch(/is not the id of/);
    });
  });
});
