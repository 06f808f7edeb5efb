import { describe, expect, it } from "vitest";
import { NatsUnreachable } from "../../../clients/nats/errors.ts";
import { consumerKind } from "../../../providers/jetstream/consumer/kind.ts";
import { FakeJetStream } from "../../../providers/jetstream/fake.ts";
import { keyValueKind } from "../../../providers/jetstream/key-value/kind.ts";
import { objectStoreKind } from "../../../providers/jetstream/object-store/kind.ts";
import { streamKind } from "../../../providers/jetstream/stream/kind.ts";
import { type Engine, engineFor, failureOf, type Resource } from "../../support/nats/engine.ts";
import { fakeWorld } from "../../support/nats/world.ts";

const VERSIONS = ["2.9.25", "2.10.29", "2.14.9"] as const;
const MOST_REQUESTS = 20;

type AnyEngine = Engine<object, object>;
type AnyResource = Resource<object, object>;

interface Scenario {
  readonly label: string;
  readonly kind: (fake: FakeJetStream) => AnyEngine;
  /** What is there before; undefined for a create. */
  readonly prior?: object;
  readonly declaration: object;
  readonly prepare?: (fake: FakeJetStream) => Promise<void>;
  readonly afterPrior?: (fake: FakeJetStream) => void;
  readonly cluster?: string;
}

const engines = {
  stream: (fake: FakeJetStream) => engineFor(streamKind, fakeWorld(fake)) as unknown as AnyEngine,
  keyValue: (fake: FakeJetStream) => engineFor(keyValueKind, fakeWorld(fake)) as unknown as AnyEngine,
  objectStore: (fake: FakeJetStream) => engineFor(objectStoreKind, fakeWorld(fake)) as unknown as AnyEngine,
  consumer: (fake: FakeJetStream) => engineFor(consumerKind, fakeWorld(fake)) as unknown as AnyEngine,
};

const stream = { name: "S", subjects: ["s.>"], owner: "p/s/s", deletionPolicy: "delete" };
const reader = { stream: "S", durable: "reader", owner: "p/s/reader" };
const streamOf = (retention: "limits" | "interest" | "workqueue") => async (fake: FakeJetStream) => {
  await fake.createStream({ name: "S", subjects: ["s.>"], retention });
};
const readTwoOfFour = (fake: FakeJetStream) => {
  for (const data of ["1", "2", "3", "4"]) fake.publish("s.a", data);
  fake.consume("S", "reader", 2);
  fake.consume("S", "reader", 1, { ack: false });
};

const SCENARIOS: readonly Scenario[] = [
  { label: "create a stream", kind: engines.stream, declaration: stream },
  {
    label: "create a bucket",
    kind: engines.keyValue,
    declaration: { bucket: "b", history: 5, owner: "p/s/b" },
  },
  {
    label: "create an object store",
    kind: engines.objectStore,
    declaration: { bucket: "b", owner: "p/s/b" },
  },
  {
    label: "update a stream",
    kind: engines.stream,
    prior: stream,
    declaration: { ...stream, maxMsgs: 5, description: "d" },
  },
  {
    label: "move and scale a stream",
    kind: engines.stream,
    prior: stream,
    declaration: { ...stream, replicas: 3, placement: { tags: ["ssd"] } },
    cluster: "hub",
  },
  {
    label: "replace a stream",
    kind: engines.stream,
    prior: stream,
    declaration: { ...stream, storage: "memory", allowReplace: true },
  },
  { label: "create a consumer", kind: engines.consumer, prepare: streamOf("limits"), declaration: reader },
  {
    label: "update a consumer",
    kind: engines.consumer,
    prepare: streamOf("limits"),
    prior: reader,
    declaration: { ...reader, maxDeliver: 5 },
    afterPrior: readTwoOfFour,
  },
  ...(["limits", "interest", "workqueue"] as const).map(
    (retention): Scenario => ({
      label: `make a consumer again on a stream with retention ${retention}`,
      kind: engines.consumer,
      prepare: streamOf(retention),
      prior: reader,
      declaration: { ...reader, maxWaiting: 7, allowReplace: true },
      afterPrior: readTwoOfFour,
    }),
  ),
];

async function begin(scenario: Scenario, version: string) {
  const fake = new FakeJetStream({ version, ...(scenario.cluster ? { cluster: scenario.cluster } : {}) });
  const engine = scenario.kind(fake);
  await scenario.prepare?.(fake);
  const prior: AnyResource | undefined = scenario.prior && (await engine.up(scenario.prior));
  scenario.afterPrior?.(fake);
  return { fake, engine, prior };
}

/** Everything that a later reader of the server would see, creation times aside. */
async function groundOf(fake: FakeJetStream): Promise<unknown> {
  const streams = await fake.listStreams();
  const consumers = await Promise.all(streams.map(({ config }) => fake.listConsumers(config.name)));
  return {
    streams: streams.map(({ config }) => config),
    consumers: consumers.flat().map(({ name, config }) => ({ name, config })),
    left: consumers
      .flat()
      .filter(({ name }) => name === "reader")
      .map(({ stream_name, name }) => fake.consume(stream_name, name, 100).map(({ data }) => data)),
    messages: streams.map(({ config }) => fake.messages(config.name).map(({ data }) => data)),
  };
}

describe.each(VERSIONS)("faults on %s", (version) => {
  describe.each(SCENARIOS)("$label", (scenario) => {
    it.each(["before", "after"] as const)(
      "ends the same when any request fails %s it is done",
      async (when) => {
        const calm = await begin(scenario, version);
        const start = calm.fake.requests.length;
        await calm.engine.up(scenario.declaration, calm.prior);
        const requests = calm.fake.requests.length - start;
        const wanted = await groundOf(calm.fake);
        expect(requests).toBeGreaterThan(0);

        for (let n = 1; n <= requests; n += 1) {
          const { fake, engine, prior } = await begin(scenario, version);
          fake.failRequest(n, when);
          const failure = await failureOf(engine.up(scenario.declaration, prior));
          expect(failure).toMatchObject({ errorCode: "unreachable" });
          // The engine kept nothing of the failed run: a create is created again, an update updated again.
          const healed = await engine.up(scenario.declaration, prior);
          expect(await groundOf(fake)).toEqual(wanted);
          const read = await engine.refresh(healed);
          expect(read && engine.preview(scenario.declaration, read)).toBe("none");
        }
      },
    );

    it("ends the same when each run is cut off one request later than the last", async () => {
      const calm = await begin(scenario, version);
      await calm.engine.up(scenario.declaration, calm.prior);
      const wanted = await groundOf(calm.fake);
      const { fake, engine, prior } = await begin(scenario, version);
      for (let n = 1; ; n += 1) {
        expect(n).toBeLessThan(MOST_REQUESTS);
        const before = fake.requests.length;
        fake.failRequest(n, "after");
        const done = await engine.up(scenario.declaration, prior).catch(() => undefined);
        if (done !== undefined && fake.requests.length - before < n) break;
      }
      fake.clearFaults();
      expect(await groundOf(fake)).toEqual(wanted);
    });
  });

  it("deletes to the end after any fault", async () => {
    for (const when of ["before", "after"] as const) {
      for (let n = 1; n <= 3; n += 1) {
        const fake = new FakeJetStream({ version });
        await fake.createStream({ name: "S", subjects: ["s.>"] });
        const consumers = engines.consumer(fake);
        const made = await consumers.up(reader);
        fake.failRequest(n, when);
        await consumers.destroy(made).catch(() => {});
        fake.clearFaults();
        await consumers.destroy(made);
        expect(await fake.listConsumers("S")).toEqual([]);
      }
    }
  });
});

describe("an interrupted replacement of a consumer", () => {
  const cutAt = async (n: number) => {
    const fake = new FakeJetStream();
    const engine = engines.consumer(fake);
    await streamOf("limits")(fake);
    const made = await engine.up(reader);
    readTwoOfFour(fake);
    const declaration = { ...reader, maxWaiting: 7, allowReplace: true };
    fake.failRequest(n, "after");
    await failureOf(engine.up(declaration, made));
    return { fake, engine, made, declaration };
  };
  /** INFO of both, stream listing, stream INFO, delete of an old journal, journal, delete: then it is gone. */
  const DELETED = async () => {
    for (let n = 1; n < MOST_REQUESTS; n += 1) {
      const cut = await cutAt(n);
      if ((await cut.fake.consumerInfo("S", "reader")) === undefined) return cut;
    }
    throw new Error("was never deleted");
  };

  it("is gone for a refresh, and a create goes on from where it stood", async () => {
    const { fake, engine, made } = await DELETED();
    expect(await engine.refresh(made)).toBeUndefined();
    const created = await engine.up({ ...reader, maxWaiting: 7 });
    expect(fake.consume("S", "reader", 9).map(({ data }) => data)).toEqual(["3", "4"]);
    expect(await engine.refresh(created)).toEqual(created);
    expect((await fake.listConsumers("S")).map(({ name }) => name)).toEqual(["reader"]);
  });

  it("can be taken back: the journal goes, the position stays", async () => {
    const { fake, engine, made } = await DELETED();
    const back = await engine.up({ ...reader, description: "as it was" }, made);
    expect(fake.consume("S", "reader", 9).map(({ data }) => data)).toEqual(["3", "4"]);
    expect(await engine.refresh(back)).toEqual(back);
    expect((await fake.listConsumers("S")).map(({ name }) => name)).toEqual(["reader"]);
  });

  it("leaves nothing when it is destroyed instead", async () => {
    const { fake, engine, made } = await DELETED();
    await engine.destroy(made);
    expect(await fake.listConsumers("S")).toEqual([]);
  });

  it("does not go back behind what was read since", async () => {
    // Cut when the journal is written and the old consumer still there, which then reads on.
    let cut = await cutAt(1);
    for (let n = 2; (await cut.fake.consumerInfo("S", "reader__resume")) === undefined; n += 1)
      cut = await cutAt(n);
    const { fake, engine, made, declaration } = cut;
    fake.publish("s.a", "5");
    fake.consume("S", "reader", 1);
    fake.acknowledge("S", "reader");
    await engine.up(declaration, made);
    expect(fake.consume("S", "reader", 9).map(({ data }) => data)).toEqual(["5"]);
  });
});

describe("what the server may do behind our back", () => {
  it("keeps the fields of a newer release through an update", async () => {
    const fake = new FakeJetStream({ newerFields: ["allow_dreams"] });
    const engine = engines.stream(fake);
    const made = await engine.up(stream);
    const live = await fake.streamInfo("S");
    await fake.updateStream({ ...live?.config, name: "S", allow_dreams: true });
    const changed = await engine.up({ ...stream, description: "d" }, made);
    expect((await fake.streamInfo("S"))?.config.allow_dreams).toBe(true);
    expect(await engine.refresh(changed)).toEqual(changed);
  });

  it("says which fields were dropped, and records what was made", async () => {
    const fake = new FakeJetStream();
    const dropping = new Proxy(fake, {
      get: (target, key) => {
        if (key === "createStream") {
          return async (config: Parameters<FakeJetStream["createStream"]>[0]) => {
            const { description: _, ...rest } = config;
            return target.createStream(rest as typeof config);
          };
        }
        const value = Reflect.get(target, key) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const failure = await failureOf(engines.stream(dropping).up({ ...stream, description: "lost" }));
    expect(failure.message).toMatch(/description: kept undefined, asked for "lost"/);
    expect(failure).toMatchObject({
      name: "PartialFailure",
      id: "stream/S",
      stored: { input: { name: "S" } },
    });
  });

  it("is told with its numbers when a budget is exceeded", async () => {
    const small = engines.stream(new FakeJetStream({ maxFileStore: 1_024 }));
    expect(await failureOf(small.up({ ...stream, maxBytes: "1MiB" }))).toMatchObject({
      errorCode: "over-budget",
    });
    const clustered = engines.stream(new FakeJetStream({ maxFileStore: 1_024, cluster: "hub" }));
    expect(await failureOf(clustered.up({ ...stream, maxBytes: "1MiB" }))).toMatchObject({
      errorCode: "over-budget",
    });
    const capped = engines.stream(new FakeJetStream({ limits: { max_bytes_required: true } }));
    expect((await failureOf(capped.up(stream))).message).toMatch(/set maxBytes/);
    const one = engines.stream(new FakeJetStream({ limits: { max_streams: 0 } }));
    expect(await failureOf(one.up(stream))).toMatchObject({ errorCode: "over-budget" });
  });

  it("passes an unreachable server on, and never takes it for gone", async () => {
    const fake = new FakeJetStream();
    const engine = engines.stream(fake);
    const made = await engine.up(stream);
    fake.failRequest(1, "before", new NatsUnreachable("no answer"));
    expect(await failureOf(engine.refresh(made))).toMatchObject({ errorCode: "unreachable" });
  });
});
