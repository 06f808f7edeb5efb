import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ConsumerConfig, StreamConfig, StreamState } from "../../../clients/nats/wire.ts";
import { refusedChanges, refusedConsumerChanges } from "../../../providers/jetstream/capabilities.ts";
import { consumerDifferences } from "../../../providers/jetstream/consumer/normalize.ts";
import { dataLoss } from "../../../providers/jetstream/guards.ts";
import { streamDifferences } from "../../../providers/jetstream/normalize.ts";
import { streamStorage } from "../../../providers/jetstream/storage.ts";

/** What real servers answered (test/fixtures/jetstream/record.mjs), against what this program says of them. */
interface Answer<C> {
  readonly asked: C;
  readonly config?: C;
  readonly refused?: string;
}
interface Recorded {
  readonly version: string;
  readonly streams: Record<string, Answer<StreamConfig>>;
  readonly consumers: Record<string, Answer<ConsumerConfig>>;
  readonly updates: Record<string, Answer<Partial<StreamConfig>> & { readonly before: StreamConfig }>;
  readonly stored: Record<
    string,
    {
      config: StreamConfig;
      patch: Partial<StreamConfig>;
      refused?: string;
      before: StreamState;
      after: StreamState;
    }
  >;
}

const load = (version: string): Recorded =>
  JSON.parse(
    readFileSync(new URL(`../../fixtures/jetstream/server-${version}.json`, import.meta.url), "utf8"),
  );

describe.each(["2.9.25", "2.10.27", "2.14.9"])("server %s", (version) => {
  const recorded = load(version);

  it.each(Object.entries(recorded.streams))(
    "answers stream %s with an equal form",
    (_, { asked, config }) => {
      expect(config).toBeDefined();
      expect(streamDifferences(asked, config as StreamConfig)).toEqual([]);
    },
  );

  it.each(Object.entries(recorded.streams))(
    "answers stream %s with what reads as a declaration",
    (_, { config }) => {
      const input = streamStorage.fromConfig(config as StreamConfig);
      expect(streamStorage.schema.parse(input)).toEqual(input);
      expect(streamDifferences(streamStorage.toConfig(input), config as StreamConfig)).toEqual([]);
    },
  );

  it.each(Object.entries(recorded.consumers))(
    "answers consumer %s with an equal form",
    (_, { asked, config }) => {
      expect(config).toBeDefined();
      expect(consumerDifferences(asked, config as ConsumerConfig)).toEqual([]);
    },
  );

  it.each(Object.entries(recorded.updates))(
    "refuses the update %s as foretold",
    (key, { before, asked, refused }) => {
      const next = Object.fromEntries(
        Object.entries({ ...before, ...asked }).filter(([, value]) => value !== null),
      ) as unknown as StreamConfig;
      const foretold =
        key === "consumer storage"
          ? refusedConsumerChanges(before as ConsumerConfig, next as ConsumerConfig, version)
          : refusedChanges(before, next, version, { standalone: true });
      // Servers before 2.14 take replicas that a single server can't keep: refused all the same.
      const refuses = refused !== undefined || key === "replicas";
      expect(foretold.length > 0, JSON.stringify(foretold)).toBe(refuses);
    },
  );

  it.each(Object.entries(recorded.stored))("loses by %s no more than foretold", (_, entry) => {
    const { config, patch, refused, before, after } = entry;
    if (refused !== undefined) return;
    const lost = before.messages - after.messages;
    const info = { config: { ...config }, created: "", state: before };
    const losses = dataLoss(
      info,
      { ...config, ...patch },
      { version, now: Date.parse(before.last_ts) + 1000 },
    );
    const most = Math.max(
      0,
      ...losses.filter(({ effect }) => effect === "deletes").map(({ messages }) => messages),
    );
    expect(most).toBeGreaterThanOrEqual(lost);
    const exact = losses.find(({ effect, precision }) => effect === "deletes" && precision === "exact");
    // Older servers delete some of it only later, or when a subject is written next.
    if (version === "2.14.9" && exact !== undefined) expect(lost).toBe(exact.messages);
  });
});

it("reads what the newest server does as deletions, all but a full stream that discards new", () => {
  const { stored } = load("2.14.9");
  const kept = Object.keys(stored).filter(
    (key) => stored[key]?.before.messages === stored[key]?.after.messages,
  );
  expect(kept).toEqual(["max_bytes, discard new", "max_msgs, discard new"]);
});
