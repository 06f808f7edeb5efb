import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  refusedChanges,
  refusedConsumerChanges,
  unsupported,
  unsupportedConsumer,
} from "../../providers/jetstream/capabilities.ts";
import { consumerToConfig } from "../../providers/jetstream/consumer/config.ts";
import { type ConsumerInput, consumerSchema } from "../../providers/jetstream/consumer/schema.ts";
import { TRANSIENT_KEYS } from "../../providers/jetstream/fields.ts";
import { FINDING_CODES } from "../../providers/jetstream/forecast.ts";
import { planConsumer, planStorage } from "../../providers/jetstream/plan.ts";
import {
  keyValueStorage,
  objectStoreStorage,
  type StorageKind,
  streamStorage,
} from "../../providers/jetstream/storage.ts";
import type { Plan } from "../../providers/kernel/kind.ts";
import { propertiesOf } from "../../providers/kernel/partial-parse.ts";

const PAGE = readFileSync(new URL("../../docs/kinds/jetstream.md", import.meta.url), "utf8");

/** The oldest server that is known. */
const OLDEST = "2.9.0";
/** Releases that some rule or capability begins or ends with, and the ones just before. */
const RELEASES = ["2.9.0", "2.9.1", "2.10.0", "2.11.0", "2.12.0", "2.12.6", "2.14.0", "2.14.1"];

/** Rows of the first table under a heading, cells trimmed. */
function rowsUnder(heading: string): string[][] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const table = /^\|.*(?:\n\|.*)*/m.exec(section)?.[0] ?? "";
  return table
    .split("\n")
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

interface Row {
  readonly property: string;
  readonly change: string;
  readonly since: string;
}

const propertyRows = (kind: string): Row[] =>
  rowsUnder(kind).map(([name = "", , , change = "", since = ""]) => ({
    property: name.replaceAll("`", ""),
    change,
    since,
  }));

/** Versions that a cell names, in full: `2.12` is 2.12.0. */
const versionsIn = (cell: string): string[] =>
  [...cell.matchAll(/\b\d+\.\d+(?:\.\d+)?\b/g)]
    .map(([version]) => (version.split(".").length === 2 ? `${version}.0` : version))
    .sort();

interface Example {
  /** What else must be declared for the property to be allowed. */
  readonly beside?: object;
  readonly before: unknown;
  readonly after: unknown;
  /** Further values, each of which may need a later server. */
  readonly also?: readonly unknown[];
}

const flag = (beside: object = {}): Example => ({ beside, before: false, after: true });
const from = (before: unknown, after: unknown, beside: object = {}): Example => ({ before, after, beside });

const OWNERSHIP = {
  owner: from("p/s/a", "p/s/b"),
  adopt: from("never", "always"),
  allowReplace: flag(),
} satisfies Record<string, Example>;
const PROTECTION = {
  ...OWNERSHIP,
  deletionPolicy: from("delete", "retain"),
  allowDataLoss: flag(),
} satisfies Record<string, Example>;

const STORED = {
  description: from("a", "b"),
  maxBytes: from("1GiB", "2GiB"),
  storage: from("file", "memory"),
  replicas: from(3, 5),
  placement: from({ tags: ["a"] }, { tags: ["b"] }),
  metadata: from({ a: "1" }, { a: "2" }),
} satisfies Record<string, Example>;

const STREAM: Record<string, Example> = {
  ...STORED,
  ...PROTECTION,
  name: from("A", "B"),
  subjects: from(["a.>"], ["b.>"]),
  retention: { before: "limits", after: "interest", also: ["workqueue"] },
  maxConsumers: from(1, 2),
  maxMsgs: from(1, 2),
  maxAge: from("1h", "2h"),
  maxMsgsPerSubject: from(1, 2),
  maxMsgSize: from("1KiB", "2KiB"),
  discard: from("old", "new"),
  discardNewPerSubject: flag({ discard: "new", maxMsgsPerSubject: 1 }),
  noAck: flag(),
  duplicateWindow: from("1m", "90s"),
  mirror: {
    beside: { subjects: undefined },
    before: { name: "B" },
    after: { name: "C" },
    also: [
      { name: "B", subjectTransforms: [{ src: "a", dest: "b" }] },
      { name: "B", consumer: { name: "c", deliverSubject: "d" } },
    ],
  },
  sources: {
    before: [{ name: "B" }],
    after: [{ name: "C" }],
    also: [
      [{ name: "B", subjectTransforms: [{ src: "a", dest: "b" }] }],
      [{ name: "B", consumer: { name: "c", deliverSubject: "d" } }],
    ],
  },
  compression: from("none", "s2"),
  firstSeq: from(5, 6),
  subjectTransform: from({ src: "a.>", dest: "b.>" }, { src: "a.>", dest: "c.>" }),
  consumerLimits: from({ maxAckPending: 1 }, { maxAckPending: 2 }),
  republish: from({ dest: "r.a.>" }, { dest: "r.b.>" }),
  allowDirect: flag(),
  mirrorDirect: flag({ mirror: { name: "B" } }),
  allowRollup: flag(),
  denyDelete: flag(),
  denyPurge: flag(),
  sealed: flag(),
  allowMsgTtl: flag(),
  subjectDeleteMarkerTtl: from(undefined, "1m"),
  allowMsgCounter: flag(),
  allowAtomic: flag(),
  allowMsgSchedules: flag(),
  persistMode: from("default", "async"),
  allowBatched: flag(),
};

const KEY_VALUE: Record<string, Example> = {
  ...STORED,
  ...PROTECTION,
  bucket: from("a", "b"),
  history: from(1, 2),
  ttl: from("1h", "2h"),
  maxValueSize: from("1KiB", "2KiB"),
  republish: from({ dest: "r.a.>" }, { dest: "r.b.>" }),
  mirror: from({ bucket: "b" }, { bucket: "c" }),
  sources: from([{ bucket: "b" }], [{ bucket: "c" }]),
  compression: flag(),
  limitMarkerTtl: from(undefined, "1m"),
};

const OBJECT_STORE: Record<string, Example> = {
  ...STORED,
  ...PROTECTION,
  bucket: from("a", "b"),
  ttl: from("1h", "2h"),
  compression: flag(),
  sealed: flag(),
};

const PUSH = { deliverSubject: "d" };
const CONSUMER: Record<string, Example> = {
  ...OWNERSHIP,
  stream: from("A", "B"),
  durable: from("a", "b"),
  description: from("a", "b"),
  deliverPolicy: from("all", "new"),
  optStartSeq: from(1, 2, { deliverPolicy: "by_start_sequence" }),
  optStartTime: from("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", { deliverPolicy: "by_start_time" }),
  ackPolicy: { beside: PUSH, before: "explicit", after: "all", also: ["flow_control"] },
  ackWait: from("10s", "20s"),
  maxDeliver: from(1, 2),
  backoff: from(["1s"], ["2s"]),
  filterSubject: from("a", "b"),
  filterSubjects: from(["a", "b"], ["a", "c"]),
  replayPolicy: from("instant", "original"),
  rateLimitBps: from(1, 2, PUSH),
  sampleFreq: from(1, 2),
  maxWaiting: from(1, 2),
  maxAckPending: from(1, 2),
  flowControl: flag({ ...PUSH, idleHeartbeat: "5s" }),
  idleHeartbeat: from("5s", "6s", PUSH),
  headersOnly: flag(),
  maxBatch: from(1, 2),
  maxExpires: from("1s", "2s"),
  maxBytes: from("1KiB", "2KiB"),
  deliverSubject: from("d", "e"),
  deliverGroup: from("a", "b", PUSH),
  inactiveThreshold: from("1h", "2h"),
  replicas: from(1, 3),
  memStorage: flag(),
  metadata: from({ a: "1" }, { a: "2" }),
  priorityPolicy: {
    beside: { priorityGroups: ["a"] },
    before: "overflow",
    after: "pinned_client",
    also: ["prioritized"],
  },
  priorityGroups: from(["a"], ["b"], { priorityPolicy: "overflow" }),
  priorityTimeout: from("1m", "90s", { priorityPolicy: "pinned_client", priorityGroups: ["a"] }),
  deletionPolicy: from("delete", "retain"),
};

/** A kind as this page describes it. */
interface Subject {
  readonly heading: string;
  readonly properties: readonly string[];
  readonly examples: Readonly<Record<string, Example>>;
  readonly plan: (before: object, after: object) => Plan;
  /** First releases of everything that a declaration needs. */
  readonly needs: (declaration: object) => string[];
  /** Whether a server of this version refuses the change in place. */
  readonly refuses: (before: object, after: object, version: string) => boolean;
}

const keysOf = (schema: StorageKind<object>["schema"]): string[] => Object.keys(propertiesOf(schema) ?? {});

const storageSubject = <I extends object>(
  heading: string,
  storage: StorageKind<I>,
  base: object,
  examples: Readonly<Record<string, Example>>,
): Subject => {
  const parse = (declaration: object): I => storage.schema.parse({ ...base, ...declaration });
  const config = (declaration: object) => storage.toConfig(parse(declaration));
  return {
    heading,
    properties: keysOf(storage.schema),
    examples,
    plan: (before, after) => planStorage(storage, parse(before), parse(after)),
    needs: (declaration) => unsupported(config(declaration), OLDEST).map(({ since }) => since),
    refuses: (before, after, version) => refusedChanges(config(before), config(after), version).length > 0,
  };
};

const parseConsumer = (declaration: object): ConsumerInput =>
  consumerSchema.parse({ stream: "A", durable: "a", ...declaration });
const consumerConfig = (declaration: object) => consumerToConfig(parseConsumer(declaration));

const SUBJECTS: readonly Subject[] = [
  storageSubject("Stream", streamStorage, { name: "A" }, STREAM),
  storageSubject("KeyValue", keyValueStorage, { bucket: "a" }, KEY_VALUE),
  storageSubject("ObjectStore", objectStoreStorage, { bucket: "a" }, OBJECT_STORE),
  {
    heading: "Consumer",
    properties: keysOf(consumerSchema),
    examples: CONSUMER,
    plan: (before, after) => planConsumer(parseConsumer(before), parseConsumer(after)),
    needs: (declaration) =>
      unsupportedConsumer(consumerConfig(declaration), OLDEST).map(({ since }) => since),
    refuses: (before, after, version) =>
      refusedConsumerChanges(consumerConfig(before), consumerConfig(after), version).length > 0,
  },
];

/** Two declarations that differ in one property. */
const pairOf = (property: string, { beside, before, after }: Example): [object, object] => [
  { ...beside, [property]: before },
  { ...beside, [property]: after },
];

/** The word for a change that the `change` column has to begin with. */
function wordFor(subject: Subject, property: string, example: Example): string {
  if ((TRANSIENT_KEYS as readonly string[]).includes(property)) return "this run only";
  const [before, after] = pairOf(property, example);
  const allowed = { allowReplace: true };
  const { action } = subject.plan(before, after);
  if (action === "replace") return "replaces";
  if (action === "refused") {
    return subject.plan(before, { ...after, ...allowed }).action === "replace" ? "refused" : "recreates";
  }
  return subject.plan(after, before).action === "refused" ? "one-way" : "in place";
}

describe.each(SUBJECTS.map((subject) => [subject.heading, subject] as const))(
  "docs/kinds/jetstream.md, %s",
  (heading, subject) => {
    const rows = propertyRows(heading);
    const rowOf = (property: string) => rows.find((row) => row.property === property) as Row;

    it("has one row for every property, and no other", () => {
      expect(rows.map(({ property }) => property).sort()).toEqual([...subject.properties].sort());
    });

    it("is tried here with every property", () => {
      expect(Object.keys(subject.examples).sort()).toEqual([...subject.properties].sort());
    });

    it.each(Object.entries(subject.examples))("says what changing %s does", (property, example) => {
      const { change } = rowOf(property);
      const word = wordFor(subject, property, example);
      // Retention is the one property whose values differ in it.
      expect(property === "retention" ? change.replace(/^refused to.*; else /, "") : change).toMatch(
        new RegExp(`^${word}\\b`),
      );
    });

    it.each(Object.entries(subject.examples))(
      "names the releases between which changing %s differs",
      (property, example) => {
        if (wordFor(subject, property, example) === "replaces") return;
        const pairs = [pairOf(property, example)];
        // Taking a mirror away is a change of its own.
        if (property === "mirror") pairs.push([pairs[0]?.[0] ?? {}, {}]);
        const turns = pairs.flatMap(([before, after]) =>
          RELEASES.filter((release, index) => {
            const earlier = RELEASES[index - 1];
            return (
              earlier !== undefined &&
              subject.refuses(before, after, earlier) !== subject.refuses(before, after, release)
            );
          }),
        );
        expect(versionsIn(rowOf(property).change)).toEqual([...new Set(turns)].sort());
      },
    );

    it.each(Object.entries(subject.examples))("says since when there is %s", (property, example) => {
      const values = [example.before, example.after, ...(example.also ?? [])];
      const needs = new Set(
        values.flatMap((value) => subject.needs({ ...example.beside, [property]: value })),
      );
      expect(versionsIn(rowOf(property).since)).toEqual([...needs].sort());
    });
  },
);

describe("docs/kinds/jetstream.md, findings", () => {
  it("has exactly the codes of the program, with their sentences", () => {
    const rows = rowsUnder("Findings").map(([code = "", sentence]) => [code.replaceAll("`", ""), sentence]);
    expect(Object.fromEntries(rows)).toEqual(FINDING_CODES);
    expect(rows).toHaveLength(Object.keys(FINDING_CODES).length);
  });

  it("gives each a severity", () => {
    for (const [code = "", , severity = ""] of rowsUnder("Findings")) {
      expect(severity, code).toMatch(/^(error|warning|note)\b/);
    }
  });
});

it("tries every release that some property needs", () => {
  const needed = SUBJECTS.flatMap((subject) =>
    Object.entries(subject.examples).flatMap(([property, { beside, after, also = [] }]) =>
      [after, ...also].flatMap((value) => subject.needs({ ...beside, [property]: value })),
    ),
  );
  expect(needed.filter((since) => !RELEASES.includes(since))).toEqual([]);
});
