import type { AccountLimits, StreamConfig, StreamInfo, StreamState } from "../../../clients/nats/wire.ts";
import { consumerSchema } from "../../../providers/jetstream/consumer/schema.ts";
import type { Declared, LiveFacts } from "../../../providers/jetstream/forecast.ts";
import { keyValueStorage, objectStoreStorage, streamStorage } from "../../../providers/jetstream/storage.ts";

/** A small world for forecasts: declarations by their properties, live streams by their configs. */

export const NOW = Date.parse("2026-06-01T00:00:00Z");
export const DAY_MS = 86_400_000;
const OWNER = "p/s/";

type Fields = Record<string, unknown>;

export const declareStream = (name: string, fields: Fields = {}): Declared => ({
  kind: "Stream",
  name: `Stream ${name}`,
  path: `slipway:nats.streams.${name}`,
  input: streamStorage.schema.parse({ name, owner: `${OWNER}${name}`, ...fields }),
});
export const declareBucket = (name: string, fields: Fields = {}): Declared => ({
  kind: "KeyValue",
  name: `KeyValue ${name}`,
  path: `slipway:nats.buckets.${name}`,
  input: keyValueStorage.schema.parse({ bucket: name, owner: `${OWNER}${name}`, ...fields }),
});
export const declareStore = (name: string, fields: Fields = {}): Declared => ({
  kind: "ObjectStore",
  name: `ObjectStore ${name}`,
  path: `slipway:nats.objectStores.${name}`,
  input: objectStoreStorage.schema.parse({ bucket: name, owner: `${OWNER}${name}`, ...fields }),
});
export const declareConsumer = (stream: string, durable: string, fields: Fields = {}): Declared => ({
  kind: "Consumer",
  name: `Consumer ${durable}`,
  path: `slipway:nats.consumers.${durable}`,
  input: consumerSchema.parse({ stream, durable, owner: `${OWNER}${durable}`, ...fields }),
});

/** The marked config that an up of this declaration leaves on the server. */
export const configOf = (item: Declared): StreamConfig => {
  switch (item.kind) {
    case "Stream":
      return streamStorage.toConfig(item.input, { mark: true });
    case "KeyValue":
      return keyValueStorage.toConfig(item.input, { mark: true });
    case "ObjectStore":
      return objectStoreStorage.toConfig(item.input, { mark: true });
    case "Consumer":
      throw new TypeError("a consumer is no stream");
  }
};

const EMPTY: StreamState = {
  messages: 0,
  bytes: 0,
  first_seq: 1,
  first_ts: "0001-01-01T00:00:00Z",
  last_seq: 0,
  last_ts: "0001-01-01T00:00:00Z",
  consumer_count: 0,
};

export const live = (config: StreamConfig, state: Partial<StreamState> = {}): StreamInfo => ({
  config: { ...config },
  created: "2026-01-01T00:00:00Z",
  state: { ...EMPTY, ...state },
});

/** `messages` of `bytes` together, the oldest `days` old and the newest of now, on one subject. */
export const holding = (messages: number, bytes: number, days = 10): Partial<StreamState> => ({
  messages,
  bytes,
  first_ts: new Date(NOW - days * DAY_MS).toISOString(),
  last_ts: new Date(NOW).toISOString(),
  last_seq: messages,
  num_subjects: 1,
});

const UNLIMITED: AccountLimits = { max_memory: -1, max_storage: -1, max_streams: -1, max_consumers: -1 };

export const world = (
  streams: readonly StreamInfo[],
  { limits = {}, ...facts }: Partial<LiveFacts> & { limits?: Partial<AccountLimits> } = {},
): LiveFacts => ({
  server: { version: "2.14.9", maxPayload: 1 << 20 },
  account: {
    memory: 0,
    storage: 0,
    streams: streams.length,
    consumers: 0,
    limits: { ...UNLIMITED, ...limits },
    api: { total: 0, errors: 0 },
  },
  streams,
  consumers: new Map(),
  now: NOW,
  stackOwner: OWNER,
  ...facts,
});
