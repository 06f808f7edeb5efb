import fc from "fast-check";
import type { ConsumerInput } from "../../../providers/jetstream/consumer/schema.ts";
import { consumerSchema } from "../../../providers/jetstream/consumer/schema.ts";
import { type KeyValueInput, keyValueSchema } from "../../../providers/jetstream/key-value/schema.ts";
import {
  type ObjectStoreInput,
  objectStoreSchema,
} from "../../../providers/jetstream/object-store/schema.ts";
import { type StreamInput, streamSchema } from "../../../providers/jetstream/stream/schema.ts";

/** Declarations that a user may write, in any spelling; what the rules between properties forbid is filtered out. */

const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
const token = fc.constantFrom("a", "b", "c", "orders", "eu");
const subject = fc.array(token, { minLength: 1, maxLength: 3 }).map((tokens) => tokens.join("."));
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant("*")), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tokens, tail]) => [...tokens, ...(tail ? [">"] : [])].join("."));
const duration = fc.oneof(
  fc.constantFrom("90d", "1h30m", "500ms", "30s", "2m", "1d12h"),
  fc.integer({ min: 1, max: 10_000_000 }),
);
const size = fc.oneof(
  fc.constantFrom("512MiB", "1GiB", "unlimited", "1536MiB"),
  fc.integer({ min: 1, max: 2 ** 31 - 1 }),
);
const limit = fc.oneof(
  fc.constant("unlimited" as const),
  fc.constant(-1),
  fc.integer({ min: 1, max: 100_000 }),
);
const replicas = fc.integer({ min: 1, max: 5 });
const storage = fc.constantFrom("file", "memory");
const metadata = fc.dictionary(fc.constantFrom("team", "tier", "x"), fc.constantFrom("", "a", "b"));
const placement = fc.record(
  { cluster: fc.constantFrom("c1", "c2"), tags: fc.uniqueArray(fc.constantFrom("ssd", "eu", "hot")) },
  { requiredKeys: [] },
);
const republish = fc.record(
  { src: pattern, dest: fc.constantFrom("out.>", "copy.x"), headersOnly: fc.boolean() },
  { requiredKeys: ["dest"] },
);
const whereabouts = fc.oneof(
  fc.constant({}),
  fc.constant({ domain: "leaf" }),
  fc.constant({ external: { api: "$JS.hub.API" } }),
  fc.constant({ external: { api: "other.api", deliver: "other.deliver" } }),
);
const start = fc.oneof(
  fc.constant({}),
  fc.integer({ min: 1, max: 1000 }).map((startSeq) => ({ startSeq })),
  fc.constant({ startTime: "2026-01-31T13:00:00.50+01:00" }),
);
const filter = fc.oneof(
  fc.constant({}),
  pattern.map((filterSubject) => ({ filterSubject })),
  fc.constant({ subjectTransforms: [{ src: "a.>", dest: "b.>" }] }),
);
const origin = (own: string) =>
  fc
    .tuple(
      fc.constantFrom("ORIGIN", "SOURCE", "THIRD").map((name) => ({ [own]: name })),
      whereabouts,
      start,
    )
    .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>);
const streamOrigin = fc
  .tuple(origin("name"), filter)
  .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>);
const lifecycle = {
  owner: fc.constantFrom("p/s/one", "p/s/two"),
  adopt: fc.constantFrom("never", "ifIdentical", "always"),
  allowReplace: fc.boolean(),
};
const protection = {
  ...lifecycle,
  deletionPolicy: fc.constantFrom("delete", "retain", "refuse"),
  allowDataLoss: fc.boolean(),
};

/** Any subset of the given properties. */
const someOf = (
  fields: Record<string, fc.Arbitrary<unknown>>,
  required: Record<string, fc.Arbitrary<unknown>>,
) =>
  fc
    .tuple(fc.record(required), fc.subarray(Object.keys(fields), { maxLength: 10 }))
    .chain(([base, keys]) =>
      fc
        .record(Object.fromEntries(keys.map((key) => [key, fields[key] as fc.Arbitrary<unknown>])))
        .map((rest) => ({ ...base, ...rest })),
    );

interface Parser<T> {
  safeParse(value: unknown): { success: boolean; data?: T | undefined };
}

const accepted = <T>(declarations: fc.Arbitrary<unknown>, schema: Parser<T>): fc.Arbitrary<T> =>
  declarations
    .map((declared) => schema.safeParse(declared))
    .filter(({ success }) => success)
    .map(({ data }) => data as T);

export const streamDeclaration = someOf(
  {
    description: fc.constantFrom("", "one", "two"),
    subjects: fc.uniqueArray(subject, { maxLength: 4 }),
    retention: fc.constantFrom("limits", "interest", "workqueue"),
    storage,
    maxConsumers: limit,
    maxMsgs: limit,
    maxBytes: size,
    maxAge: duration,
    maxMsgsPerSubject: limit,
    maxMsgSize: size,
    discard: fc.constantFrom("old", "new"),
    discardNewPerSubject: fc.boolean(),
    replicas,
    noAck: fc.boolean(),
    duplicateWindow: duration,
    placement,
    mirror: streamOrigin,
    sources: fc.array(streamOrigin, { maxLength: 3 }),
    compression: fc.constantFrom("none", "s2"),
    firstSeq: fc.integer({ min: 1, max: 100 }),
    subjectTransform: fc.constantFrom({ src: ">", dest: "x.>" }, { src: "a.*", dest: "b.{{wildcard(1)}}" }),
    consumerLimits: fc.record({ inactiveThreshold: duration, maxAckPending: limit }, { requiredKeys: [] }),
    republish,
    allowDirect: fc.boolean(),
    mirrorDirect: fc.boolean(),
    allowRollup: fc.boolean(),
    denyDelete: fc.boolean(),
    denyPurge: fc.boolean(),
    sealed: fc.boolean(),
    metadata,
    allowMsgTtl: fc.boolean(),
    subjectDeleteMarkerTtl: fc.constantFrom("5s", "1h", 0),
    allowMsgCounter: fc.boolean(),
    allowAtomic: fc.boolean(),
    allowMsgSchedules: fc.boolean(),
    persistMode: fc.constantFrom("default", "async"),
    allowBatched: fc.boolean(),
    ...protection,
  },
  { name },
);
export const streamInput: fc.Arbitrary<StreamInput> = accepted(streamDeclaration, streamSchema);

export const keyValueInput: fc.Arbitrary<KeyValueInput> = accepted(
  someOf(
    {
      description: fc.constantFrom("", "one"),
      history: fc.integer({ min: 1, max: 64 }),
      ttl: duration,
      maxValueSize: size,
      maxBytes: size,
      storage,
      replicas,
      placement,
      republish,
      mirror: origin("bucket"),
      sources: fc.array(origin("bucket"), { maxLength: 3 }),
      compression: fc.boolean(),
      limitMarkerTtl: fc.constantFrom("5s", "1h"),
      metadata,
      ...protection,
    },
    { bucket: name },
  ),
  keyValueSchema,
);

export const objectStoreInput: fc.Arbitrary<ObjectStoreInput> = accepted(
  someOf(
    {
      description: fc.constantFrom("", "one"),
      ttl: duration,
      maxBytes: size,
      storage,
      replicas,
      placement,
      compression: fc.boolean(),
      sealed: fc.boolean(),
      metadata,
      ...protection,
    },
    { bucket: name },
  ),
  objectStoreSchema,
);

export const consumerInput: fc.Arbitrary<ConsumerInput> = accepted(
  someOf(
    {
      description: fc.constantFrom("", "one"),
      deliverPolicy: fc.constantFrom("all", "last", "new", "by_start_sequence"),
      optStartSeq: fc.integer({ min: 1, max: 100 }),
      ackPolicy: fc.constantFrom("none", "all", "explicit", "flow_control"),
      ackWait: duration,
      maxDeliver: limit,
      backoff: fc.array(duration, { maxLength: 3 }),
      filterSubject: pattern,
      filterSubjects: fc.uniqueArray(subject, { maxLength: 3 }),
      replayPolicy: fc.constantFrom("instant", "original"),
      rateLimitBps: limit,
      sampleFreq: fc.constantFrom(50, "50", "50%", 0, 100),
      maxWaiting: fc.constantFrom(512, 10),
      maxAckPending: fc.constantFrom("unlimited", 1000, 50),
      idleHeartbeat: duration,
      flowControl: fc.boolean(),
      headersOnly: fc.boolean(),
      maxBatch: limit,
      maxExpires: duration,
      maxBytes: size,
      deliverSubject: fc.constantFrom("to.me"),
      deliverGroup: fc.constantFrom("workers"),
      inactiveThreshold: duration,
      replicas,
      memStorage: fc.boolean(),
      metadata,
      priorityPolicy: fc.constantFrom("none", "overflow", "pinned_client"),
      priorityGroups: fc.uniqueArray(fc.constantFrom("g", "h"), { maxLength: 2 }),
      priorityTimeout: duration,
      ...lifecycle,
      deletionPolicy: fc.constantFrom("delete", "retain"),
    },
    { stream: name, durable: name },
  ),
  consumerSchema,
);
