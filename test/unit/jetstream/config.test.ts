import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consumerFromConfig, consumerToConfig } from "../../../providers/jetstream/consumer/config.ts";
import { consumerDifferences, normalizeConsumer } from "../../../providers/jetstream/consumer/normalize.ts";
import { consumerSchema } from "../../../providers/jetstream/consumer/schema.ts";
import { markOf, withMark, withoutMark } from "../../../providers/jetstream/mark.ts";
import { normalizeStream, unmanagedStreamFields } from "../../../providers/jetstream/normalize.ts";
import {
  consumerId,
  keyValueStorage,
  objectStoreStorage,
  parseConsumerId,
  type StorageKind,
  streamStorage,
} from "../../../providers/jetstream/storage.ts";
import { consumerInput, keyValueInput, objectStoreInput, streamInput } from "./arbitraries.ts";

const laws = <I extends { owner?: string | undefined }>(
  storage: StorageKind<I>,
  inputs: fc.Arbitrary<I>,
): void => {
  describe(storage.kind, () => {
    it("parses its own canonical form to itself", () => {
      fc.assert(
        fc.property(inputs, (input) => {
          expect(storage.schema.parse(input)).toEqual(input);
        }),
      );
    });
    it("comes back from its config", () => {
      fc.assert(
        fc.property(inputs, fc.boolean(), (input, mark) => {
          expect(storage.fromConfig(storage.toConfig(input, { mark }), input)).toEqual(input);
        }),
      );
    });
    it("gives a config that JSON keeps and that is canonical already", () => {
      fc.assert(
        fc.property(inputs, (input) => {
          const config = storage.toConfig(input);
          expect(JSON.parse(JSON.stringify(config))).toEqual(config);
          expect(normalizeStream(normalizeStream(config))).toEqual(normalizeStream(config));
        }),
      );
    });
    it("has the shape that it verifies, and an id that leads back", () => {
      fc.assert(
        fc.property(inputs, (input) => {
          expect(storage.verifyShape(storage.toConfig(input))).toEqual([]);
          expect(storage.streamNameOfId(storage.id(input))).toBe(storage.streamName(input));
          expect(storage.toConfig(input).name).toBe(storage.streamName(input));
        }),
      );
    });
    it("is marked when asked for, and only then", () => {
      fc.assert(
        fc.property(inputs, (input) => {
          const marked = storage.toConfig(input, { mark: true });
          expect(markOf(marked).owner).toBe(input.owner);
          expect(withoutMark(marked)).toEqual(storage.toConfig(input));
        }),
      );
    });
  });
};

laws(streamStorage, streamInput);
laws(keyValueStorage, keyValueInput);
laws(objectStoreStorage, objectStoreInput);

describe("Consumer", () => {
  it("parses its own canonical form to itself", () => {
    fc.assert(
      fc.property(consumerInput, (input) => {
        expect(consumerSchema.parse(input)).toEqual(input);
      }),
    );
  });
  it("comes back from its config, also when the server fills in limits", () => {
    const limits = { max_ack_pending: 77, inactive_threshold: 60_000_000_000 };
    fc.assert(
      fc.property(consumerInput, fc.boolean(), fc.boolean(), (like, mark, limited) => {
        const given = limited ? { limits } : {};
        const live = normalizeConsumer(consumerToConfig(like, { mark }), given.limits);
        expect(consumerFromConfig(live, { stream: like.stream, like, ...given })).toEqual(like);
      }),
    );
  });
  it("takes what the stream's limits fill in for no difference", () => {
    const limits = { max_ack_pending: 77, inactive_threshold: 60_000_000_000 };
    const asked = consumerToConfig(consumerSchema.parse({ stream: "S", durable: "c" }));
    const answered = { ...asked, ...limits };
    expect(consumerDifferences(asked, answered, limits)).toEqual([]);
    expect(consumerDifferences(asked, answered).map(({ field }) => field)).toEqual([
      "inactive_threshold",
      "max_ack_pending",
    ]);
  });
  it("is canonical after one normalisation", () => {
    fc.assert(
      fc.property(consumerInput, (input) => {
        const once = normalizeConsumer(consumerToConfig(input));
        expect(normalizeConsumer(once)).toEqual(once);
      }),
    );
  });
  it("has an id that leads back", () => {
    expect(parseConsumerId(consumerId({ stream: "S", durable: "a_b" }))).toEqual({
      stream: "S",
      durable: "a_b",
    });
    expect(() => parseConsumerId("consumer/S")).toThrow("write consumer/<stream>/<durable>");
    expect(() => parseConsumerId("stream/S/d")).toThrow("is not the id of a Consumer");
  });
});

describe("drift", () => {
  const input = keyValueStorage.schema.parse({ bucket: "jobs", history: 5, ttl: "30d", owner: "p/s/jobs" });
  const config = keyValueStorage.toConfig(input, { mark: true });

  it("shows what was changed outside, as a property", () => {
    expect(keyValueStorage.fromConfig({ ...config, max_age: 0, max_msgs_per_subject: 1 }, input)).toEqual({
      bucket: "jobs",
      owner: "p/s/jobs",
    });
  });
  it("shows another owner", () => {
    const taken = withMark(config, { owner: "p/other/jobs", deletion: "delete" });
    expect(keyValueStorage.fromConfig(taken, input)).toMatchObject({
      owner: "p/other/jobs",
      deletionPolicy: "delete",
    });
  });
  it("takes the mark of before away when a new one has less", () => {
    expect(markOf(withMark(config, { owner: "p/s/other" }))).toEqual({ owner: "p/s/other" });
  });
  it("keeps what a config can't tell from the declaration", () => {
    expect(keyValueStorage.fromConfig(withoutMark(config), { ...input, deletionPolicy: "retain" })).toEqual({
      ...input,
      deletionPolicy: "retain",
    });
  });
  it("leaves server metadata and unknown fields out, and carries the latter", () => {
    const live = { ...config, metadata: { ...config.metadata, "_nats.ver": "2.99" }, allow_teleport: true };
    expect(keyValueStorage.fromConfig(live, input)).toEqual(input);
    expect(unmanagedStreamFields(live)).toEqual({ allow_teleport: true });
  });
  it("tells what keeps a stream from being a bucket", () => {
    expect(keyValueStorage.verifyShape({ ...config, name: "jobs", discard: "old" })).toEqual([
      'name is "jobs": it has to start with KV_',
      'subjects is ["$KV.jobs.>"]: it has to be ["$KV.s.>"]',
      'discard is "old": it has to be "new"',
    ]);
    expect(keyValueStorage.verifyShape({ ...config, deny_delete: false })).toEqual([]);
  });
});

describe("fixed shapes", () => {
  it("of a bucket", () => {
    const config = keyValueStorage.toConfig(
      keyValueStorage.schema.parse({ bucket: "b", ttl: "30s", sources: [{ bucket: "o" }] }),
    );
    expect(config).toMatchObject({
      name: "KV_b",
      subjects: ["$KV.b.>"],
      discard: "new",
      deny_delete: true,
      deny_purge: false,
      allow_rollup_hdrs: true,
      allow_direct: true,
      max_msgs_per_subject: 1,
      duplicate_window: 30_000_000_000,
      sources: [{ name: "KV_o", subject_transforms: [{ src: "$KV.o.>", dest: "$KV.b.>" }] }],
    });
  });
  it("of a mirrored bucket", () => {
    const config = keyValueStorage.toConfig(
      keyValueStorage.schema.parse({ bucket: "b", mirror: { bucket: "o", domain: "hub" } }),
    );
    expect(config).toMatchObject({
      mirror: { name: "KV_o", external: { api: "$JS.hub.API" } },
      mirror_direct: true,
    });
    expect(config).not.toHaveProperty("subjects");
    expect(config).not.toHaveProperty("duplicate_window");
  });
  it("of an object store", () => {
    expect(objectStoreStorage.toConfig(objectStoreStorage.schema.parse({ bucket: "b" }))).toMatchObject({
      name: "OBJ_b",
      subjects: ["$O.b.C.>", "$O.b.M.>"],
      discard: "new",
      allow_rollup_hdrs: true,
      allow_direct: true,
      deny_delete: false,
      max_msgs_per_subject: -1,
    });
  });
});
