import { describe, expect, it } from "vitest";
import type { ConsumerInfo } from "../../../clients/nats/wire.ts";
import {
  type Declared,
  FINDING_CODES,
  forecast,
  forecastOffline,
} from "../../../providers/jetstream/forecast.ts";
import { reservedBytes } from "../../../providers/jetstream/storage.ts";
import type { Finding } from "../../../providers/kernel/finding.ts";
import {
  configOf,
  declareBucket,
  declareConsumer,
  declareStore,
  declareStream,
  holding,
  live,
  world,
} from "./world.ts";

const codes = (findings: readonly Finding[]): string[] =>
  findings.map(({ severity, code }) => `${severity} ${code}`);
const GIB = 2 ** 30;

/** The reference fleet: what reserves in it, and a bucket and a store that don't. */
const FLEET: Declared[] = [
  declareStream("INVENTORY", { subjects: ["inventory.>"], maxAge: "90d", maxBytes: "1GiB" }),
  declareStream("RESULTS", { subjects: ["results.>"], maxAge: "30d", maxBytes: "2GiB" }),
  declareStream("EXEC", { subjects: ["commands.>"], maxAge: "7d", maxBytes: "64MiB", maxMsgsPerSubject: 1 }),
  declareStream("EVENTS", { subjects: ["events.>"], maxAge: "7d", maxBytes: "256MiB" }),
  ...["AUDIT", "OBS_EVENTS", "NOTIFICATIONS"].map((name) =>
    declareStream(name, { subjects: [`${name.toLowerCase()}.>`], maxAge: "90d", maxBytes: "512MiB" }),
  ),
  declareBucket("jobs", { history: 5 }),
  declareStore("scripts"),
  declareStore("result_output", { ttl: "30d", maxBytes: "1GiB" }),
  declareStore("collections", { ttl: "30d", maxBytes: "5GiB" }),
];

describe("a fresh environment", () => {
  it("reserves what the reference reserves", () => {
    expect(FLEET.reduce((sum, item) => sum + (item.kind === "Consumer" ? 0 : reservedBytes(item)), 0)).toBe(
      11_609_833_472,
    );
    expect(forecastOffline(FLEET)).toEqual([]);
    expect(forecast(FLEET, world([]))).toEqual([]);
  });

  it("tells the shortfall in bytes before anything is made", () => {
    for (const facts of [
      world([], { budgetBytes: 6 * GIB }),
      world([], { limits: { max_storage: 6 * GIB } }),
    ]) {
      const [found, ...rest] = forecast(FLEET, facts);
      expect(rest).toEqual([]);
      expect(found).toMatchObject({
        severity: "error",
        code: "budget.exceeded",
        facts: { required: 11_609_833_472, limit: 6_442_450_944, shortfall: 5_167_382_528 },
      });
    }
  });

  it("says nothing once all is there", () => {
    expect(forecast(FLEET, world(FLEET.map((item) => live(configOf(item), holding(5, 5000, 1)))))).toEqual(
      [],
    );
  });
});

describe("a change that deletes", () => {
  const before = declareStream("S", { maxBytes: "1GiB", maxAge: "90d" });
  const facts = world([live(configOf(before), holding(1000, 10_000))]);

  it.each([
    [
      { maxBytes: "5000B", maxAge: "90d" },
      "data-loss.max-bytes",
      { bytes: 5000, messages: 500, precision: "about" },
    ],
    [
      { maxBytes: "1GiB", maxAge: "90d", maxMsgs: 10 },
      "data-loss.max-msgs",
      { messages: 990, precision: "exact" },
    ],
    [{ maxBytes: "1GiB", maxAge: "1d" }, "data-loss.max-age", { messages: 1000, precision: "at-most" }],
    [
      { maxBytes: "1GiB", maxAge: "90d", maxMsgsPerSubject: 5 },
      "data-loss.max-msgs-per-subject",
      { messages: 995, precision: "exact" },
    ],
    [
      { maxBytes: "1GiB", maxAge: "90d", retention: "interest" },
      "data-loss.retention",
      { messages: 1000, precision: "exact" },
    ],
    [
      { maxBytes: "5000B", maxAge: "90d", discard: "new" },
      "writes-stop.max-bytes",
      { messages: 0, bytes: 5000 },
    ],
  ])("stops %j", (fields, code, numbers) => {
    const found = forecast([declareStream("S", fields)], facts);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ severity: "error", code, resource: "Stream S", facts: numbers });
    expect(found[0]?.path).toMatch(/^slipway:nats\.streams\.S\./);
    expect(codes(forecast([declareStream("S", { ...fields, allowDataLoss: true })], facts))).toEqual([
      `warning ${code}`,
    ]);
  });

  it("names a bucket's property by its own name", () => {
    const facts = world([
      live(configOf(declareBucket("b", { history: 5 })), { ...holding(10, 100), num_subjects: 2 }),
    ]);
    expect(forecast([declareBucket("b")], facts)).toMatchObject([
      {
        code: "data-loss.max-msgs-per-subject",
        path: "slipway:nats.buckets.b.history",
        facts: { messages: 8 },
      },
    ]);
  });

  it("says nothing of a limit that stays, even when it is exceeded", () => {
    const item = declareStore("o", { maxBytes: "10B" });
    expect(forecast([item], world([live(configOf(item), holding(10, 1000))]))).toEqual([]);
  });
});

describe("a declaration that went", () => {
  const gone = (fields = {}) => live(configOf(declareStream("OLD", fields)), holding(7, 700));

  it.each([
    [{}, "error data-loss.delete"],
    [{ deletionPolicy: "delete" }, "warning data-loss.delete"],
    [{ deletionPolicy: "retain" }, "note removed.retained"],
  ])("is told by its mark: %j", (fields, expected) => {
    expect(codes(forecast([], world([gone(fields)])))).toEqual([expected]);
  });

  it("counts until the end of the run", () => {
    const facts = world([gone({ maxBytes: "3GiB", deletionPolicy: "delete", subjects: ["x"] })], {
      budgetBytes: 4 * GIB,
    });
    const found = forecast([declareStream("NEW", { maxBytes: "2GiB", subjects: ["x"] })], facts);
    expect(codes(found)).toEqual([
      "warning data-loss.delete",
      "error subjects.overlap-removed",
      "error budget.exceeded",
    ]);
    expect(found[2]?.facts).toMatchObject({ shortfall: GIB, afterwards: 2 * GIB });
    expect(found[2]?.remedy).toContain("two ups");
  });

  it("is another stack's business when the mark is", () => {
    const facts = world([gone()], { stackOwner: "p/other/" });
    expect(forecast([], facts)).toEqual([]);
  });

  it("is a replacement when it goes by another name, which needs no second claim on its subjects", () => {
    const renamed = declareStream("OLD", { name: "NEW", subjects: ["OLD"] });
    expect(codes(forecast([renamed], world([gone()])))).toEqual(["error data-loss.replace"]);
  });

  it("is no replacement by a bucket that has the same key in the stack config", () => {
    const bucket = declareBucket("OLD");
    const facts = world([gone({ deletionPolicy: "delete" }), live(configOf(bucket))]);
    expect(codes(forecast([bucket], facts))).toEqual(["warning data-loss.delete"]);
  });

  it("takes the messages along that only a consumer of an interest stream waited for", () => {
    const stream = declareStream("S", { retention: "interest" });
    const consumer = (owner: string, pending: number) =>
      ({
        name: "c",
        stream_name: "S",
        config: { durable_name: "c", ack_policy: "explicit", metadata: { "slipway.owner": owner } },
        num_pending: pending,
        num_ack_pending: 2,
      }) as unknown as ConsumerInfo;
    const found = (each: ConsumerInfo, declared: readonly Declared[] = [stream]) => {
      const consumers = new Map([["S", [each]]]);
      return forecast(declared, world([live(configOf(stream), holding(7, 700))], { consumers }));
    };
    expect(codes(found(consumer("p/s/c", 3)))).toEqual(["warning data-loss.delete"]);
    expect(found(consumer("p/s/c", 3))[0]?.facts).toMatchObject({ messages: 5 });
    expect(found(consumer("p/s/c", -2))).toEqual([]);
    expect(found(consumer("q/z/c", 3))).toEqual([]);
    expect(found(consumer("p/s/c", 3), [stream, declareConsumer("S", "c")])).toEqual([]);
  });

  it("is missed by what copies from it", () => {
    const copy = declareStream("COPY", { mirror: { name: "OLD" } });
    expect(codes(forecast([copy], world([gone({ deletionPolicy: "delete" })])))).toEqual([
      "warning data-loss.delete",
      "warning origin.deleted",
    ]);
    expect(codes(forecast([copy], world([])))).toEqual(["warning origin.missing"]);
  });
});

describe("what is there already", () => {
  const stranger = (fields = {}) => {
    const { metadata: _, ...config } = configOf(declareStream("S", fields));
    return world([live(config, holding(3, 300))]);
  };
  it.each([
    [{}, {}, "error exists.identical"],
    [{}, { maxMsgs: 5 }, "error exists.different"],
    [{ adopt: "ifIdentical" }, {}, "note exists.adopted"],
    [{ adopt: "ifIdentical" }, { maxMsgs: 5 }, "error exists.different"],
    [{ adopt: "always" }, { maxMsgs: 5 }, "warning exists.adopted"],
  ])("declared %j, there %j: %s", (declared, there, expected) => {
    expect(codes(forecast([declareStream("S", declared)], stranger(there)))).toEqual([expected]);
  });
  it("is compared property by property", () => {
    const [found] = forecast([declareStream("S", { maxAge: "1d" })], stranger({ maxMsgs: 5 }));
    expect(found?.message).toContain("maxAge (is 0, declared 86400000000000); maxMsgs (is 5, declared -1)");
  });
  it("still guards what it takes over", () => {
    const declared = declareStream("S", { adopt: "always", maxMsgs: 1 });
    expect(codes(forecast([declared], stranger()))).toEqual([
      "warning exists.adopted",
      "error data-loss.max-msgs",
    ]);
  });
});

describe("what a server refuses", () => {
  const there = (fields = {}, version = "2.14.9") =>
    world([live(configOf(declareStream("S", fields)))], { server: { version, maxPayload: 1, cluster: "c" } });

  it.each([
    ["storage", {}, { storage: "memory", replicas: 3 }, "2.14.9", ["error change.refused"]],
    ["storage, replaced", {}, { storage: "memory", replicas: 3, allowReplace: true }, "2.14.9", []],
    ["max_consumers of old", {}, { maxConsumers: 5 }, "2.10.27", ["error change.refused"]],
    ["max_consumers of new", {}, { maxConsumers: 5 }, "2.14.9", []],
    [
      "max_consumers of old, consent",
      {},
      { maxConsumers: 5, allowReplace: true },
      "2.10.27",
      ["error change.refused"],
    ],
    [
      "storage, replaced, but retained",
      { deletionPolicy: "retain" },
      { storage: "memory", replicas: 3, allowReplace: true, deletionPolicy: "retain" },
      "2.14.9",
      ["error change.refused"],
    ],
    [
      "storage, replaced by a sealed one",
      {},
      { storage: "memory", replicas: 3, allowReplace: true, sealed: true },
      "2.14.9",
      ["error change.refused"],
    ],
    ["unknown fields", {}, { allowAtomic: true, allowBatched: true }, "2.11.0", ["error server.unsupported"]],
    [
      "scale and move",
      {},
      { replicas: 3, placement: { cluster: "d" } },
      "2.14.9",
      ["note replicas.and-placement"],
    ],
  ])("%s", (_, before, after, version, expected) => {
    expect(codes(forecast([declareStream("S", after)], there(before, version)))).toEqual(expected);
  });

  it("lists all unknown fields in one finding", () => {
    const found = forecast(
      [declareStream("S", { allowAtomic: true, allowBatched: true })],
      there({}, "2.11.0"),
    );
    expect(found[0]?.message).toBe(
      "server 2.11.0 doesn't know allowAtomic (since 2.12.0), allowBatched (since 2.14.0)",
    );
  });

  it("seals only what is there", () => {
    const sealed = declareStream("S", { sealed: true });
    expect(codes(forecast([sealed], world([])))).toEqual(["error change.refused"]);
    expect(codes(forecast([sealed], there()))).toEqual([]);
  });

  it("needs a larger maxDeliver for a backoff on old servers", () => {
    const facts = (version: string) =>
      world([live({ name: "S" })], { server: { version, maxPayload: 1 << 20 } });
    const consumer = (fields: object) => declareConsumer("S", "c", { backoff: ["1s", "5s"], ...fields });
    expect(codes(forecast([consumer({})], facts("2.9.25")))).toEqual(["error server.unsupported"]);
    expect(codes(forecast([consumer({ maxDeliver: 2 })], facts("2.9.25")))).toEqual([
      "error server.unsupported",
    ]);
    expect(forecast([consumer({ maxDeliver: 3 })], facts("2.9.25"))).toEqual([]);
    expect(forecast([consumer({})], facts("2.10.27"))).toEqual([]);
  });

  it("needs a cluster for replicas", () => {
    expect(codes(forecast([declareStream("S", { replicas: 3 })], world([])))).toEqual([
      "error replicas.standalone",
    ]);
    const there = world([live(configOf(declareStream("S")))]);
    expect(codes(forecast([declareStream("S", { replicas: 3 })], there))).toEqual(["error change.refused"]);
  });
});

describe("a wildcard at the start", () => {
  it.each([
    ["2.14.9", "error subjects.system-space"],
    ["2.10.27", "warning subjects.system-space"],
  ])("on %s: %s", (version, expected) => {
    const declared = [declareStream("S", { subjects: ["*.b"] })];
    expect(codes(forecast(declared, world([], { server: { version, maxPayload: 1 } })))).toEqual([expected]);
  });
});

describe("limits of the account", () => {
  it("count replicas", () => {
    const facts = world([], {
      limits: { max_storage: 3 * GIB },
      server: { version: "2.14.9", maxPayload: 1, cluster: "c" },
    });
    expect(forecast([declareStream("S", { maxBytes: "2GiB", replicas: 3 })], facts)).toMatchObject([
      { code: "budget.exceeded", facts: { required: 6 * GIB, shortfall: 3 * GIB } },
    ]);
  });
  it.each([
    [{ max_bytes_required: true }, "error budget.max-bytes-required"],
    [{ storage_max_stream_bytes: 5 }, undefined],
    [{ max_streams: 1 }, "error limit.streams"],
  ])("%j", (limits, expected) => {
    const other = live({ name: "other", max_bytes: 1 });
    expect(codes(forecast([declareStream("S")], world([other], { limits })))).toEqual(
      expected === undefined ? [] : [expected],
    );
  });
  it("bound one stream", () => {
    const facts = world([], { limits: { storage_max_stream_bytes: GIB } });
    expect(forecast([declareStream("S", { maxBytes: "2GiB" })], facts)).toMatchObject([
      { code: "budget.stream-limit", facts: { shortfall: GIB }, path: "slipway:nats.streams.S.maxBytes" },
    ]);
  });
});

describe("the whole set, without a server", () => {
  it.each([
    [[declareStream("KV_b", { subjects: ["x"] }), declareBucket("b")], ["error name.duplicate"]],
    [
      [declareStream("A", { subjects: ["a.>"] }), declareStream("B", { subjects: ["*.b"] })],
      ["error subjects.overlap"],
    ],
    [
      [declareBucket("b"), declareStream("A", { subjects: ["$KV.>"] })],
      ["error subjects.overlap", "warning subjects.bucket-space"],
    ],
    [
      [declareStream("A", { sources: [{ name: "B" }] }), declareStream("B", { sources: [{ name: "A" }] })],
      ["error origin.cycle"],
    ],
    [[declareStream("A", { replicas: 2 })], ["warning replicas.even"]],
    [[declareStream("A", { storage: "memory" })], ["warning storage.memory"]],
    [[declareConsumer("NONE", "c")], ["note consumer.undeclared-stream"]],
    [[declareStream("A"), declareConsumer("A", "c", { filterSubject: "b.>" })], ["warning consumer.filter"]],
    [[declareStream("A"), declareConsumer("A", "c", { replicas: 3 })], ["error consumer.replicas"]],
    [
      [declareStream("A", { retention: "workqueue" }), declareConsumer("A", "c"), declareConsumer("A", "d")],
      ["error consumer.workqueue", "error consumer.workqueue"],
    ],
    [
      [
        declareStream("A", { consumerLimits: { maxAckPending: 5 } }),
        declareConsumer("A", "c", { maxAckPending: 6 }),
      ],
      ["error consumer.limits"],
    ],
  ])("case %#", (declared, expected) => {
    expect(codes(forecastOffline(declared))).toEqual(expected);
  });
});

describe("consumers", () => {
  it("need a stream", () => {
    expect(codes(forecast([declareConsumer("NONE", "c")], world([])))).toEqual(["error consumer.no-stream"]);
    expect(forecast([declareConsumer("S", "c")], world([live({ name: "S" })]))).toEqual([]);
  });
  it.each([
    ["delete", "error consumer.no-stream"],
    ["refuse", "error consumer.no-stream"],
    ["retain", undefined],
  ])(
    "go with a stream of this stack that is no longer declared, but under %s",
    (deletionPolicy, expected) => {
      const gone = live(configOf(declareStream("OLD", { deletionPolicy })), holding(0, 0));
      const found = codes(forecast([declareConsumer("OLD", "c")], world([gone])));
      expect(found.filter((code) => code.endsWith("consumer.no-stream"))).toEqual(expected ? [expected] : []);
    },
  );
  it("keep within a stream's limit", () => {
    const found = forecast(
      [declareStream("A", { maxConsumers: 1 }), declareConsumer("A", "c"), declareConsumer("A", "d")],
      world([]),
    );
    expect(codes(found)).toEqual(["error limit.consumers"]);
  });
});

it("explains every code in one sentence", () => {
  for (const [code, sentence] of Object.entries(FINDING_CODES)) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
    expect(sentence.length).toBeGreaterThan(20);
  }
});
