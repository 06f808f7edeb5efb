import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { consumerKind } from "../../../providers/jetstream/consumer/kind.ts";
import { keyValueKind } from "../../../providers/jetstream/key-value/kind.ts";
import { objectStoreKind } from "../../../providers/jetstream/object-store/kind.ts";
import { streamKind } from "../../../providers/jetstream/stream/kind.ts";
import type { ServerLine } from "../../support/nats/binaries.ts";
import { engineFor, failureOf, quietContext } from "../../support/nats/engine.ts";
import { WORLDS, type World } from "../../support/nats/world.ts";

let serial = 0;
const unique = (name: string) => `${name}${++serial}`;

type Left = number | "refused";
const everywhere = (left: Left): Record<ServerLine, Left> => ({ "2.9": left, "2.10": left, "2.14": left });

interface Row {
  readonly label: string;
  readonly before?: object;
  readonly after: object;
  /** Messages left of 20 on 10 subjects, once allowed; or the server can't do it at all. */
  readonly left: Record<ServerLine, Left>;
  /** Milliseconds that the messages must be old. */
  readonly age?: number;
  readonly consumer?: boolean;
}

/** 20 messages of 40 bytes each, on ten subjects; what changes of a stream leave of them, by server. */
const ROWS: readonly Row[] = [
  { label: "maxMsgs below, discarding old", after: { maxMsgs: 5 }, left: everywhere(5) },
  { label: "maxBytes below, discarding old", after: { maxBytes: "300B" }, left: everywhere(7) },
  {
    label: "maxMsgs below, discarding new",
    before: { discard: "new" },
    after: { discard: "new", maxMsgs: 5 },
    left: { "2.9": 5, "2.10": 20, "2.14": 20 },
  },
  {
    label: "discard new to old under a smaller limit",
    before: { discard: "new", maxMsgs: 20 },
    after: { discard: "old", maxMsgs: 6 },
    left: everywhere(6),
  },
  {
    label: "maxAge below the messages' age",
    after: { maxAge: "100ms" },
    left: everywhere(0),
    age: 200,
  },
  {
    label: "maxMsgsPerSubject from unlimited to 1",
    after: { maxMsgsPerSubject: 1 },
    left: { "2.9": 20, "2.10": 20, "2.14": 10 },
  },
  {
    label: "maxMsgsPerSubject from 2 to 1",
    before: { maxMsgsPerSubject: 2 },
    after: { maxMsgsPerSubject: 1 },
    left: everywhere(10),
  },
  {
    label: "retention to interest without a consumer",
    after: { retention: "interest" },
    left: { "2.9": "refused", "2.10": 20, "2.14": 0 },
  },
  {
    label: "retention to interest with a consumer that read nothing",
    after: { retention: "interest" },
    left: { "2.9": "refused", "2.10": 20, "2.14": 20 },
    consumer: true,
  },
  { label: "a subject less", after: { subjects: ["other.>"] }, left: everywhere(20) },
  {
    label: "compression",
    after: { compression: "s2" },
    left: { "2.9": "refused", "2.10": 20, "2.14": 20 },
  },
  {
    label: "higher limits",
    before: { maxMsgs: 20 },
    after: { maxMsgs: 30, maxAge: "1d" },
    left: everywhere(20),
  },
  { label: "a description and metadata", after: { description: "d" }, left: everywhere(20) },
];

describe.each(WORLDS)("on $name", ({ open }) => {
  let world: World;
  beforeAll(async () => {
    world = await open();
  });
  afterAll(() => world?.close());

  it.each(ROWS)("never loses a message unasked: $label", async ({ before, after, left, age, consumer }) => {
    const engine = engineFor(streamKind, world);
    const name = unique("D");
    const common = { name, owner: "p/s/d", subjects: [`${name}.>`] };
    const renamed = "subjects" in after ? { ...after, subjects: [`${name}.other`] } : after;
    const made = await engine.up({ ...common, ...before });
    if (consumer) await engineFor(consumerKind, world).up({ stream: name, durable: "reader" });
    for (let i = 0; i < 20; i += 1) await world.publish(`${name}.${i % 10}`, String(i).padStart(4, "0"));
    const messages = await world.messages(name);
    expect(messages.length).toBe(20);
    if (age !== undefined) await sleep(age);

    const unasked = await engine
      .up({ ...common, ...renamed }, made)
      .catch((error: unknown) => error as Error);
    expect(await world.messages(name)).toEqual(messages);
    const refused = unasked instanceof Error;

    const expected = left[world.line];
    const allowed = engine.up({ ...common, ...renamed, allowDataLoss: true }, made);
    if (expected === "refused") {
      expect(refused).toBe(true);
      expect((await failureOf(allowed)).message).toMatch(/2\.10/);
      return;
    }
    await allowed;
    await expect.poll(async () => (await world.messages(name)).length).toBe(expected);
    expect(await world.messages(name)).toEqual(
      messages.filter((message) => kept(message, messages, expected)),
    );
    if (expected < 20) {
      expect(unasked).toMatchObject({ errorCode: "data-loss" });
      expect((unasked as Error).message).toMatch(/\d+ messages?/);
      expect((unasked as Error).message).toContain("allowDataLoss");
    }
  });

  it("keeps an object store's objects through ttl, cap and compression, and never evicts to make room", async () => {
    const engine = engineFor(objectStoreKind, world);
    const bucket = unique("o");
    const common = { bucket, owner: "p/s/o", deletionPolicy: "delete" };
    const made = await engine.up(common);
    for (let i = 0; i < 5; i += 1) await world.publish(`$O.${bucket}.C.${i}`, "x".repeat(1_000));
    const objects = await world.messages(`OBJ_${bucket}`);
    let store = await engine.up({ ...common, maxBytes: "1GiB", ttl: "30d" }, made);
    expect(await world.messages(`OBJ_${bucket}`)).toEqual(objects);
    store = await engine.up(common, store);
    if (world.line !== "2.9") store = await engine.up({ ...common, compression: true }, store);
    expect(await world.messages(`OBJ_${bucket}`)).toEqual(objects);
    expect(store.computed).toEqual(made.computed);
    const cap = await failureOf(engine.up({ ...common, maxBytes: "3KiB" }, store));
    expect(cap).toMatchObject({ errorCode: "data-loss" });
    expect(await world.messages(`OBJ_${bucket}`)).toEqual(objects);
  });

  it("keeps a bucket's values through ttl, history and size, and warns before it trims", async () => {
    const engine = engineFor(keyValueKind, world);
    const bucket = unique("k");
    const common = { bucket, owner: "p/s/k", history: 5 };
    const made = await engine.up(common);
    for (let i = 0; i < 8; i += 1) await world.publish(`$KV.${bucket}.${i % 2}`, String(i));
    const values = await world.messages(`KV_${bucket}`);
    const changed = await engine.up({ ...common, history: 10, ttl: "30s", maxValueSize: "64KiB" }, made);
    expect(await world.messages(`KV_${bucket}`)).toEqual(values);
    expect(await engine.refresh(changed)).toEqual(changed);
    const trimmed = await failureOf(engine.up({ ...common, history: 2 }, changed));
    expect(trimmed).toMatchObject({ errorCode: "data-loss" });
    expect(trimmed.message).toContain("4 of 8 messages would be deleted");
    await engine.up({ ...common, history: 2, allowDataLoss: true }, changed);
    expect((await world.messages(`KV_${bucket}`)).map(({ data }) => data)).toEqual(["4", "5", "6", "7"]);
  });

  it("replaces what can't be changed only where allowed", async () => {
    const engine = engineFor(streamKind, world);
    const name = unique("R");
    const common = { name, owner: "p/s/r", subjects: [`${name}.>`], deletionPolicy: "delete" };
    const made = await engine.up(common);
    await world.publish(`${name}.a`, "x");
    await expect(engine.up({ ...common, storage: "memory" }, made)).rejects.toThrow(/storage/);
    expect((await world.messages(name)).length).toBe(1);
    const anew = await engine.up({ ...common, storage: "memory", allowReplace: true }, made);
    expect(anew.computed.created).not.toBe(made.computed.created);
    expect((await world.messages(name)).length).toBe(0);
  });

  it("names the version that a change waits for, and deletes nothing for it", async () => {
    if (world.line !== "2.9") return;
    const engine = engineFor(streamKind, world);
    const name = unique("V");
    const common = { name, owner: "p/s/v", subjects: [`${name}.>`] };
    const made = await engine.up(common);
    const wanted = { ...common, republish: { dest: `copy.${name}.>` } };
    const refused = await failureOf(engine.up(wanted, made));
    expect(refused).toMatchObject({ errorCode: "refused" });
    expect(refused.message).toMatch(/republish.*2\.10/s);
    // An update that was previewed as one never turns into a deletion.
    const allowed = await failureOf(engine.up({ ...wanted, allowReplace: true }, made));
    expect(allowed).toMatchObject({ errorCode: "refused" });
    expect(allowed.message).toMatch(/to do: update the server to 2\.10/);
    expect(await engine.refresh(made)).toEqual(made);
  });

  it("deletes nothing for a change that would be refused anew as well", async () => {
    const engine = engineFor(streamKind, world);
    const name = unique("I");
    const common = { name, owner: "p/s/i", subjects: [`${name}.>`] };
    const made = await engine.up(common);
    await world.publish(`${name}.a`, "x");
    const refused = await failureOf(engine.up({ ...common, replicas: 3, allowReplace: true }, made));
    expect(refused).toMatchObject({ errorCode: "refused" });
    expect(refused.message).toMatch(/not in a cluster/);
    expect((await world.messages(name)).length).toBe(1);
  });

  it("sends an allowed replacement through a refresh when the server holds something else than the state says", async () => {
    const engine = engineFor(streamKind, world);
    const name = unique("W");
    const common = { name, owner: "p/s/w", subjects: [`${name}.>`] };
    const made = await engine.up(common);
    const { backend } = await world.client();
    await backend.deleteStream(name);
    await engine.up({ ...common, storage: "memory" });
    const wanted = { ...common, description: "d", allowReplace: true };
    expect((await failureOf(engine.up(wanted, made))).message).toMatch(/to do: pulumi refresh/);
    const replaced = await engine.up(wanted, await engine.refresh(made));
    expect((await backend.streamInfo(name))?.config.storage).toBe("file");
    expect(await engine.refresh(replaced)).toEqual(replaced);
  });

  it("replaces what an interrupted create of its own made otherwise, where allowed", async () => {
    if (world.line === "2.9") return; // No metadata, no marks.
    const engine = engineFor(streamKind, world);
    const name = unique("B");
    const common = { name, owner: "p/s/b", subjects: [`${name}.>`] };
    const first = await engine.up({ ...common, storage: "memory" });
    expect(await failureOf(engine.up(common))).toMatchObject({ errorCode: "refused" });
    const anew = await engine.up({ ...common, allowReplace: true });
    expect(anew.computed.created).not.toBe(first.computed.created);
    expect(await engine.refresh(anew)).toEqual(anew);
  });

  it("deletes nothing to take something over", async () => {
    const engine = engineFor(streamKind, world);
    const name = unique("A");
    await engine.up({ name, subjects: [`${name}.>`], storage: "memory" });
    await world.publish(`${name}.a`, "x");
    const wanted = { name, owner: "p/s/a", subjects: [`${name}.>`], adopt: "always", allowReplace: true };
    expect(await failureOf(engine.up(wanted))).toMatchObject({ errorCode: "refused" });
    expect((await world.messages(name)).length).toBe(1);
  });

  it("never calls a stream gone because its listing is older", async () => {
    const { backend } = await world.client();
    await backend.listStreams();
    const name = unique("L");
    const made = await engineFor(streamKind, world).up({ name });
    const kind = streamKind(async () => backend);
    expect(await kind.read(quietContext(), made.id, made)).toEqual({
      input: made.input,
      computed: made.computed,
    });
  });

  it("names every property that the server is too old for, before it sends anything", async () => {
    if (world.line === "2.14") return;
    const engine = engineFor(streamKind, world);
    const name = unique("N");
    const wanted = {
      name,
      subjects: [name],
      allowAtomic: true,
      allowMsgTtl: true,
      compression: "s2",
      allowRollup: true,
    };
    const failure = await failureOf(engine.up(wanted));
    expect(failure).toMatchObject({ errorCode: "unsupported" });
    expect(failure.message).toMatch(/allowAtomic needs server 2\.12/);
    expect(failure.message).toMatch(/allowMsgTtl needs server 2\.11/);
    expect(failure.message.includes("compression")).toBe(world.line === "2.9");
    expect(engine.sent()).toEqual({});
  });

  it("refuses overlapping subjects and replicas without a cluster as the user's to mend", async () => {
    const engine = engineFor(streamKind, world);
    const name = unique("O");
    await engine.up({ name, subjects: [`${name}.>`] });
    const overlap = await failureOf(engine.up({ name: unique("O"), subjects: [`${name}.a`] }));
    expect(overlap).toMatchObject({ errorCode: "conflict" });
    expect(overlap.message).toMatch(/narrow the subjects/);
    const three = await failureOf(engine.up({ name: unique("O"), replicas: 3 }));
    expect(three).toMatchObject({ errorCode: "refused" });
  });
});

/** Which of the messages a limit leaves: the newest, or the newest of each subject. */
function kept(
  message: { subject: string; data: string },
  messages: readonly { subject: string; data: string }[],
  count: number,
): boolean {
  return messages.slice(messages.length - count).includes(message);
}
