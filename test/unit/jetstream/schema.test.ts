import { describe, expect, it } from "vitest";
import { consumerSchema } from "../../../providers/jetstream/consumer/schema.ts";
import { keyValueSchema } from "../../../providers/jetstream/key-value/schema.ts";
import { streamSchema } from "../../../providers/jetstream/stream/schema.ts";

interface Parser {
  safeParse(value: unknown): {
    error?: { issues: readonly { path: PropertyKey[]; message: string }[] } | undefined;
  };
}
const problems = (schema: Parser, value: unknown): string[] =>
  (schema.safeParse(value).error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("a stream's declaration", () => {
  it("leaves defaults out and has one spelling", () => {
    expect(
      streamSchema.parse({
        name: "A",
        subjects: ["b", "a"],
        storage: "file",
        maxAge: 7776000,
        maxBytes: 2 ** 30,
        maxMsgs: -1,
        duplicateWindow: "120s",
        placement: {},
        metadata: {},
        adopt: "never",
        deletionPolicy: "refuse",
      }),
    ).toEqual({ name: "A", subjects: ["a", "b"], maxAge: "90d", maxBytes: "1GiB" });
    expect(streamSchema.parse({ name: "A", subjects: ["A"] })).toEqual({ name: "A" });
  });

  it("reports every mistake at once, between properties too", () => {
    const found = problems(streamSchema, {
      name: "a.b",
      subjects: ["x..y", "a", "a"],
      maxAge: "10ms",
      maxBytes: "1GB",
      allowRollup: true,
      denyPurge: true,
      discardNewPerSubject: true,
      metadata: { "_nats.x": "1", "slipway.owner": "me" },
      nonsense: 1,
    });
    for (const start of [
      "name: ",
      "subjects.0: ",
      "subjects.2: ",
      "maxAge: ",
      "maxBytes: ",
      "allowRollup: ",
      "discardNewPerSubject: ",
      "metadata._nats.x: ",
      "metadata.slipway.owner: ",
      ': "nonsense" is not a property here',
    ]) {
      expect(
        found.filter((line) => line.startsWith(start)),
        start,
      ).toHaveLength(1);
    }
    expect(found).toHaveLength(10);
  });

  it.each([
    [{ duplicateWindow: "2h", maxAge: "1h" }, "duplicateWindow: 2h is longer than maxAge 1h"],
    [{ maxMsgSize: "2GiB", maxBytes: "1GiB" }, "maxMsgSize: 2GiB is too large"],
    [{ maxMsgSize: "2MiB", maxBytes: "1MiB" }, "maxMsgSize: 2MiB is larger than maxBytes"],
    [{ subjects: ["a.*", "a.b"] }, 'subjects: "a.*" overlaps "a.b"'],
    [{ subjects: ["$JS.API.>"] }, "subjects: "],
    [{ subjects: [">"], noAck: true, replicas: 3 }, 'subjects: ">" captures everything'],
    [{ republish: { dest: "S" } }, "republish: "],
    [{ republish: { dest: "a.x" }, subjects: ["a.>"] }, "republish: "],
    [{ mirror: { name: "O" }, subjects: ["x"] }, "subjects: is not possible on a mirror"],
    [{ mirror: { name: "O" }, duplicateWindow: "1m" }, "duplicateWindow: is not possible on a mirror"],
    [{ mirror: { name: "S" } }, "mirror: "],
    [{ republish: { dest: "copy.x" } }, 'republish: src ">" ends with ">"'],
    [{ republish: { src: "a", dest: "copy.>" } }, 'republish: dest "copy.>" ends with ">"'],
    [{ subjectTransform: { src: "a.*", dest: "b.*" } }, "subjectTransform: dest"],
    [{ mirrorDirect: true }, "mirrorDirect: is for mirrors only"],
    [{ sources: [{ name: "O" }, { name: "O", startSeq: 5 }] }, 'sources: "O" is there twice'],
    [{ mirror: { name: "O", startSeq: 1, startTime: "2026-01-01T00:00:00Z" } }, "mirror: "],
    [{ sources: [{ name: "O", domain: "d", external: { api: "x" } }] }, "sources: "],
    [{ allowMsgCounter: true, discard: "new" }, "allowMsgCounter: needs discard: old"],
    [{ allowMsgSchedules: true, allowRollup: false }, "allowRollup: can't be false"],
    [{ persistMode: "async", storage: "memory" }, "persistMode: async needs storage: file"],
    [{ replicas: 6 }, "replicas: 6 is not allowed: give a whole number from 1 to 5"],
    [{ storage: "tape" }, 'storage: "tape" is not one of file, memory'],
    [{ maxMsgs: 0 }, "maxMsgs: 0 is not allowed (the server takes 0 for no limit)"],
    [{ description: "x".repeat(4097) }, "description: has 4097 bytes: at most 4096"],
    [{ subjectDeleteMarkerTtl: "500ms" }, 'subjectDeleteMarkerTtl: "500ms" is too short: at least 1s'],
    [{ maxAge: { days: 1 } }, 'maxAge: {"days":1} is not a duration'],
  ])("refuses %j", (part, expected) => {
    const found = problems(streamSchema, { name: "S", ...part });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it("takes away what sealing turns off", () => {
    expect(
      streamSchema.parse({ name: "S", sealed: true, maxAge: "1d", discard: "old", denyPurge: true }),
    ).toEqual({
      name: "S",
      sealed: true,
    });
  });
});

describe("a bucket's declaration", () => {
  it.each([
    [{ history: 65 }, "history: 65 is not allowed: give a whole number from 1 to 64"],
    [{ bucket: "a.b" }, 'bucket: "a.b" is not a bucket name'],
    [{ mirror: { bucket: "jobs" } }, "mirror: "],
    [{ sources: [{ bucket: "o" }, { bucket: "o" }] }, 'sources: "o" is there twice'],
    [{ mirror: { bucket: "o" }, limitMarkerTtl: "5s" }, "limitMarkerTtl: is not possible on a mirror"],
    [{ subjects: ["x"] }, ': "subjects" is not a property here'],
    [{ republish: { dest: "$KV.jobs.x" } }, "republish: "],
  ])("refuses %j", (part, expected) => {
    const found = problems(keyValueSchema, { bucket: "jobs", ...part });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});

describe("a consumer's declaration", () => {
  it("has one spelling for one filter and for a percentage", () => {
    expect(
      consumerSchema.parse({
        stream: "S",
        durable: "c",
        filterSubjects: ["a"],
        sampleFreq: "50%",
        maxWaiting: 512,
        ackWait: "30s",
      }),
    ).toEqual({ stream: "S", durable: "c", filterSubject: "a", sampleFreq: 50 });
  });
  it("keeps what only looks like a default", () => {
    expect(consumerSchema.parse({ stream: "S", durable: "c", maxAckPending: "unlimited" })).toMatchObject({
      maxAckPending: "unlimited",
    });
  });
  it.each([
    [{ flowControl: true, idleHeartbeat: "5s" }, 2],
    [{ deliverSubject: "x", flowControl: true }, 1],
    [{ deliverSubject: "x.*" }, 1],
    [{ deliverSubject: "x", maxBatch: 5 }, 1],
    [{ deliverPolicy: "by_start_sequence" }, 1],
    [{ optStartSeq: 5 }, 1],
    [{ deliverPolicy: "last_per_subject" }, 1],
    [{ backoff: ["1s", "2s"], maxDeliver: 1 }, 1],
    [{ backoff: ["1s"], ackWait: "5s" }, 1],
    [{ ackPolicy: "none", maxAckPending: 5 }, 1],
    [{ filterSubjects: ["a.>", "a.b"] }, 1],
    [{ priorityPolicy: "overflow" }, 1],
    [{ priorityGroups: ["g"] }, 1],
    [{ ackPolicy: "flow_control" }, 1],
    [{ durable: "a.b" }, 1],
    [{ sampleFreq: "101%" }, 1],
  ])("refuses %j", (part, count) => {
    expect(problems(consumerSchema, { stream: "S", durable: "c", ...part })).toHaveLength(count);
  });
});
