import { JetStreamApiError, NatsUnreachable } from "../../clients/nats/errors.ts";
import { KeyedMutex } from "../../clients/nats/limit.ts";
import type {
  AccountInfo,
  AccountLimits,
  ConsumerInfo,
  ServerInfo,
  StreamInfo,
} from "../../clients/nats/wire.ts";
import type { JetStreamBackend } from "./backend.ts";
import {
  type AnyConsumerConfig,
  fillConsumer,
  refuseConsumer,
  refuseConsumerUpdate,
} from "./fake-consumer.ts";
import { FakeCursor } from "./fake-cursor.ts";
import { FakeStore, type StoredMessage } from "./fake-store.ts";
import {
  type AnyStreamConfig,
  fillStream,
  type Refusal,
  refuseStream,
  refuseStreamUpdate,
  unknownField,
} from "./fake-stream.ts";
import { collide } from "./subjects.ts";
import { atLeast } from "./version.ts";

export interface FakeOptions {
  /** Default `2.14.9`. */
  readonly version?: string;
  /** Name of the cluster; standalone when absent. */
  readonly cluster?: string;
  readonly limits?: Partial<AccountLimits>;
  /** What the server itself may store on disk, in bytes; unlimited when absent. Not visible to an account. */
  readonly maxFileStore?: number;
  /** Milliseconds since the epoch. Default: a fixed start; each thing made moves it on by one. */
  readonly now?: () => number;
  /** Stream fields of a release that this program doesn't know yet. */
  readonly newerFields?: readonly string[];
}

interface FakeStream {
  config: AnyStreamConfig;
  readonly created: string;
  readonly store: FakeStore;
  readonly consumers: Map<string, FakeConsumer>;
}

interface FakeConsumer {
  config: AnyConsumerConfig;
  readonly created: string;
  readonly cursor: FakeCursor;
}

const UNLIMITED: AccountLimits = {
  max_memory: -1,
  max_storage: -1,
  max_streams: -1,
  max_consumers: -1,
  max_bytes_required: false,
};
const START = Date.UTC(2026, 0, 1);
const DEFAULT_VERSION = "2.14.9";
const MAX_PAYLOAD = 1_048_576;

/**
 * A JetStream server in memory: the port with the rules of the server version that was asked for, messages that limits
 * act on, and faults at any request. The suite of the kinds runs against it and against real servers alike.
 */
export class FakeJetStream implements JetStreamBackend {
  readonly server: ServerInfo;
  /** Every request that came, as `STREAM.CREATE RESULTS`. */
  readonly requests: string[] = [];
  readonly #streams = new Map<string, FakeStream>();
  readonly #limits: AccountLimits;
  readonly #maxFileStore: number;
  readonly #now: () => number;
  readonly #newer: ReadonlySet<string>;
  #latest = 0;
  readonly #writes = new KeyedMutex();
  readonly #faults = new Map<number, { when: "before" | "after"; error: Error }>();

  constructor(options: FakeOptions = {}) {
    const { version = DEFAULT_VERSION, cluster } = options;
    this.server = { version, maxPayload: MAX_PAYLOAD, ...(cluster === undefined ? {} : { cluster }) };
    this.#limits = { ...UNLIMITED, ...options.limits };
    this.#maxFileStore = options.maxFileStore ?? Number.POSITIVE_INFINITY;
    this.#newer = new Set(options.newerFields);
    this.#now = options.now ?? (() => START);
  }

  /** The n-th request from now on fails, before it is done or after (its answer is lost). */
  failRequest(n: number, when: "before" | "after", error: Error = new NatsUnreachable("injected")): void {
    this.#faults.set(this.requests.length + n, { when, error });
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  publish(subject: string, data: string): void {
    const stream = [...this.#streams.values()].find(({ config }) => captures(config, subject));
    if (stream === undefined) throw new Error(`no stream captures ${subject}`);
    const { config, store } = stream;
    if ((config.max_msg_size ?? -1) > 0 && data.length > (config.max_msg_size ?? 0)) {
      throw new JetStreamApiError(400, 10054, "message size exceeds maximum allowed");
    }
    if (config.sealed) throw new JetStreamApiError(400, 10109, "invalid operation on sealed stream");
    if (!store.append(config, subject, data, this.#moment())) {
      throw new JetStreamApiError(503, 10077, "maximum bytes exceeded");
    }
    this.#collect(stream);
  }

  messages(stream: string): readonly StoredMessage[] {
    return this.#streams.get(stream)?.store.messages ?? [];
  }

  /** Delivers the next messages to a consumer; acknowledges them unless told not to. */
  consume(stream: string, consumer: string, count: number, options: { ack?: boolean } = {}): StoredMessage[] {
    const held = this.#streams.get(stream);
    const cursor = held?.consumers.get(consumer)?.cursor;
    if (held === undefined || cursor === undefined) throw new Error(`no consumer ${consumer} of ${stream}`);
    const messages = cursor.deliver(held.store.messages, count, options.ack ?? true);
    this.#collect(held);
    return messages;
  }

  /** Acknowledges everything that was delivered to a consumer and is not acknowledged yet. */
  acknowledge(stream: string, consumer: string): void {
    const held = this.#streams.get(stream);
    held?.consumers.get(consumer)?.cursor.acknowledge();
    if (held !== undefined) this.#collect(held);
  }

  accountInfo(): Promise<AccountInfo> {
    return this.#request("INFO", () => {
      const streams = [...this.#streams.values()];
      const bytes = (storage: string) =>
        streams
          .filter(({ config }) => config.storage === storage)
          .reduce((sum, { store }) => sum + store.state(0).bytes, 0);
      return {
        memory: bytes("memory"),
        storage: bytes("file"),
        streams: streams.length,
        consumers: streams.reduce((sum, { consumers }) => sum + consumers.size, 0),
        limits: this.#limits,
        api: { total: this.requests.length, errors: 0 },
      };
    });
  }

  listStreams(): Promise<readonly StreamInfo[]> {
    return this.#request("STREAM.LIST", () =>
      [...this.#streams.keys()].sort().map((name) => this.#streamInfo(this.#stream(name))),
    );
  }

  streamInfo(name: string, options: { perSubject?: boolean } = {}): Promise<StreamInfo | undefined> {
    return this.#request(`STREAM.INFO ${name}`, () => {
      const stream = this.#streams.get(name);
      if (stream === undefined) return undefined;
      const info = this.#streamInfo(stream);
      return options.perSubject
        ? { ...info, state: { ...info.state, subjects: stream.store.perSubject() } }
        : info;
    });
  }

  createStream(config: AnyStreamConfig): Promise<StreamInfo> {
    return this.#request(`STREAM.CREATE ${config.name}`, () => {
      refuse(unknownField(config, this.server.version, this.#newer));
      const filled = fillStream(withoutServerKeys(config), this.server.version, this.#newer);
      refuse(refuseStream(filled, this.server.cluster !== undefined));
      if (filled.sealed)
        refuse({ http: 500, code: 10052, text: "stream configuration for create can not be sealed" });
      const existing = this.#streams.get(filled.name);
      if (existing !== undefined) {
        if (canonical(existing.config) === canonical(filled)) return this.#streamInfo(existing);
        refuse({ http: 400, code: 10058, text: "stream name already in use with a different configuration" });
      }
      const most = this.#limits.max_streams;
      if (most >= 0 && this.#streams.size >= most) {
        refuse({ http: 400, code: 10027, text: "maximum number of streams reached" });
      }
      this.#admit(filled);
      const store = new FakeStore(filled, this.server.version);
      const created = new Date(this.#moment()).toISOString();
      const stream: FakeStream = { config: filled, created, store, consumers: new Map() };
      this.#streams.set(filled.name, stream);
      return this.#streamInfo(stream);
    });
  }

  updateStream(config: AnyStreamConfig): Promise<StreamInfo> {
    return this.#request(`STREAM.UPDATE ${config.name}`, () => {
      const { version } = this.server;
      refuse(unknownField(config, version, this.#newer));
      const stream = this.#stream(config.name);
      const filled = fillStream(withoutServerKeys(config), version, this.#newer);
      // Before 2.14 a standalone server takes a replica count that it would refuse at a create.
      refuse(refuseStream(filled, this.server.cluster !== undefined || !atLeast(version, "2.14.0")));
      refuse(refuseStreamUpdate(stream.config, filled, version));
      this.#admit(filled);
      stream.store.applyUpdate(stream.config, filled, stream.consumers.size, this.#now());
      stream.config = filled;
      return this.#streamInfo(stream);
    });
  }

  deleteStream(name: string): Promise<boolean> {
    return this.#request(`STREAM.DELETE ${name}`, () => this.#streams.delete(name));
  }

  listConsumers(stream: string): Promise<readonly ConsumerInfo[]> {
    return this.#request(`CONSUMER.LIST ${stream}`, () => {
      const held = this.#stream(stream);
      return [...held.consumers.keys()].sort().map((name) => this.#consumerInfo(held, name) as ConsumerInfo);
    });
  }

  consumerInfo(stream: string, name: string): Promise<ConsumerInfo | undefined> {
    return this.#request(`CONSUMER.INFO ${stream} ${name}`, () => {
      const held = this.#streams.get(stream);
      return held === undefined ? undefined : this.#consumerInfo(held, name);
    });
  }

  createConsumer(stream: string, config: AnyConsumerConfig): Promise<ConsumerInfo> {
    return this.#writeConsumer("create", stream, config);
  }

  updateConsumer(stream: string, config: AnyConsumerConfig): Promise<ConsumerInfo> {
    return this.#writeConsumer("update", stream, config);
  }

  deleteConsumer(stream: string, name: string): Promise<boolean> {
    return this.#request(`CONSUMER.DELETE ${stream} ${name}`, () => {
      const held = this.#streams.get(stream);
      const deleted = held?.consumers.delete(name) ?? false;
      if (held !== undefined && deleted) this.#collect(held);
      return deleted;
    });
  }

  exclusive<T>(stream: string, work: () => Promise<T>): Promise<T> {
    return this.#writes.run(stream, work);
  }

  #writeConsumer(
    action: "create" | "update",
    stream: string,
    config: AnyConsumerConfig,
  ): Promise<ConsumerInfo> {
    const name = config.durable_name ?? config.name ?? "";
    return this.#request(`CONSUMER.${action.toUpperCase()} ${stream} ${name}`, () => {
      const { version } = this.server;
      const held = this.#stream(stream);
      const filled = fillConsumer(withoutServerKeys(config), version);
      const existing = held.consumers.get(name);
      if (existing !== undefined && canonical(existing.config) === canonical(filled)) {
        return this.#consumerInfo(held, name) as ConsumerInfo;
      }
      if (atLeast(version, "2.10.0")) {
        if (action === "create" && existing)
          refuse({ http: 400, code: 10148, text: "consumer already exists" });
        if (action === "update" && !existing)
          refuse({ http: 400, code: 10149, text: "consumer does not exist" });
      }
      const others = [...held.consumers].filter(([other]) => other !== name).map(([, other]) => other.config);
      refuse(refuseConsumer(filled, held.config, others, version));
      if (existing !== undefined) {
        refuse(refuseConsumerUpdate(existing.config, filled, version));
        existing.config = filled;
        existing.cursor.config = filled;
        return this.#consumerInfo(held, name) as ConsumerInfo;
      }
      const most = Math.min(...[this.#limits.max_consumers, held.config.max_consumers ?? -1].map(orInfinite));
      if (held.consumers.size >= most)
        refuse({ http: 400, code: 10026, text: "maximum consumers limit reached" });
      const cursor = new FakeCursor(filled, held.store.messages, held.store.lastSeq, version);
      held.consumers.set(name, { config: filled, created: new Date(this.#moment()).toISOString(), cursor });
      return this.#consumerInfo(held, name) as ConsumerInfo;
    });
  }

  /** Checks a new or changed stream against its neighbours and the limits. */
  #admit(filled: AnyStreamConfig): void {
    const others = [...this.#streams.values()].filter(({ config }) => config.name !== filled.name);
    const overlap = others.some(({ config }) =>
      (filled.subjects ?? []).some((subject) => captures(config, subject)),
    );
    if (overlap) refuse({ http: 400, code: 10065, text: "subjects overlap with an existing stream" });
    const bytes = filled.max_bytes ?? -1;
    if (this.#limits.max_bytes_required && bytes <= 0) {
      refuse({ http: 400, code: 10113, text: "account requires a stream config to have max bytes set" });
    }
    const mostPerStream = this.#limits.storage_max_stream_bytes ?? -1;
    if (mostPerStream > 0 && bytes > mostPerStream) {
      refuse({ http: 400, code: 10122, text: "stream max bytes exceeds account limit max stream bytes" });
    }
    const before = this.#streams.get(filled.name)?.config.max_bytes ?? -1;
    if (filled.storage !== "file" || bytes <= Math.max(0, before)) return;
    const reserved = others.reduce(
      (sum, { config }) => sum + (config.storage === "file" ? Math.max(0, config.max_bytes ?? -1) : 0),
      bytes,
    );
    if (reserved <= Math.min(this.#maxFileStore, orInfinite(this.#limits.max_storage))) return;
    refuse(
      this.server.cluster === undefined
        ? { http: 500, code: 10047, text: "insufficient storage resources available" }
        : { http: 400, code: 10005, text: "no suitable peers for placement, insufficient storage" },
    );
  }

  /** On interest and work-queue streams, drops what no consumer needs any more. */
  #collect({ config, store, consumers }: FakeStream): void {
    if (config.retention === "limits") return;
    const cursors = [...consumers.values()].map(({ cursor }) => cursor);
    const done = ({ seq, subject }: StoredMessage) =>
      config.retention === "interest"
        ? !cursors.some((cursor) => cursor.needs(seq, subject))
        : cursors.some((cursor) => cursor.acknowledged(seq));
    store.remove(new Set(store.messages.filter(done).map(({ seq }) => seq)));
  }

  #stream(name: string): FakeStream {
    return this.#streams.get(name) ?? refuse({ http: 404, code: 10059, text: "stream not found" });
  }

  #streamInfo({ config, created, store, consumers }: FakeStream): StreamInfo {
    store.expire(config, this.#now());
    return structuredClone({
      config: this.#served(config),
      created,
      state: store.state(consumers.size),
      ...(this.server.cluster === undefined ? {} : { cluster: { name: this.server.cluster } }),
    });
  }

  #consumerInfo({ config, store, consumers }: FakeStream, name: string): ConsumerInfo | undefined {
    const consumer = consumers.get(name);
    if (consumer === undefined) return undefined;
    return structuredClone({
      stream_name: config.name,
      name,
      created: consumer.created,
      config: this.#served(consumer.config),
      ...consumer.cursor.info(store.messages),
    });
  }

  /** Servers since 2.11 add their own metadata whenever they show a config. */
  #served<C extends { metadata?: Record<string, string> }>(config: C): C {
    const { version } = this.server;
    if (!atLeast(version, "2.11.0")) return config;
    return { ...config, metadata: { "_nats.ver": version, "_nats.req.level": "0", ...config.metadata } };
  }

  /** A time of its own for everything that is made, however fast it comes: no two in one millisecond. */
  #moment(): number {
    this.#latest = Math.max(this.#latest + 1, this.#now());
    return this.#latest;
  }

  async #request<T>(line: string, answer: () => T): Promise<T> {
    this.requests.push(line);
    const fault = this.#faults.get(this.requests.length);
    await Promise.resolve();
    if (fault?.when === "before") throw fault.error;
    const result = answer();
    if (fault?.when === "after") throw fault.error;
    return result;
  }
}

function refuse(refusal: Refusal): never;
function refuse(refusal: Refusal | undefined): void;
function refuse(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw new JetStreamApiError(refusal.http, refusal.code, refusal.text);
}

const captures = (config: AnyStreamConfig, subject: string): boolean =>
  (config.subjects ?? []).some((own) => collide(own, subject));

const orInfinite = (limit: number): number => (limit < 0 ? Number.POSITIVE_INFINITY : limit);

function withoutServerKeys<C extends { metadata?: Record<string, string> }>(config: C): C {
  const { metadata, ...rest } = config;
  const own = Object.entries(metadata ?? {}).filter(([key]) => !key.startsWith("_nats."));
  return (own.length === 0 ? rest : { ...rest, metadata: Object.fromEntries(own) }) as C;
}

/** Equal for configs that a server would call the same: key order doesn't count, the order of subjects does. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
