import { requiredApiLevel } from "./api-level.ts";
import { NoResponders, type SharedConnection } from "./connection.ts";
import { JetStreamApiError, JetStreamDisabled, NatsUnreachable } from "./errors.ts";
import { retry, TRANSIENT } from "./retry.ts";
import { StreamSnapshot } from "./snapshot.ts";
import type {
  AccountInfo,
  ConsumerConfig,
  ConsumerInfo,
  ServerInfo,
  StreamConfig,
  StreamInfo,
} from "./wire.ts";

/** Error codes of the JetStream API that this client itself acts on (nats-server, `server/errors.json`). */
const TEMPORARILY_UNAVAILABLE = 10008;
const CONSUMER_NOT_FOUND = 10014;
const INSUFFICIENT_RESOURCES = 10023;
const NOT_ENABLED_FOR_ACCOUNT = 10039;
const STREAM_NOT_FOUND = 10059;

type Config<T> = T & Record<string, unknown>;

interface CallOptions {
  readonly slow?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Page {
  readonly total: number;
  readonly offset: number;
  readonly limit: number;
}

/**
 * The JetStream API of one account over one shared connection, by plain requests: configs go out whole and as given,
 * and nothing that the official client's views would add or drop comes in between.
 *
 * Every request may be repeated safely (creating the same again returns what is there), so what is transient is
 * repeated: a lost connection, no answer in time, a server that is electing or starting.
 * Throws JetStreamApiError, NatsUnreachable, NatsUnauthorized, JetStreamDisabled.
 */
export class JetStreamClient {
  readonly #connection: SharedConnection;
  readonly #snapshot = new StreamSnapshot();
  readonly #sent = new Map<string, number>();

  constructor(connection: SharedConnection) {
    this.#connection = connection;
  }

  open(): Promise<void> {
    return this.#connection.open();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  get server(): ServerInfo {
    return this.#connection.server;
  }

  /** Requests sent so far by API call, repetitions included: `{"STREAM.CREATE": 500, "STREAM.LIST": 2}`. */
  get stats(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#sent].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  accountInfo(): Promise<AccountInfo> {
    return this.#call<AccountInfo>("INFO", "");
  }

  listStreams(options: { fresh?: boolean } = {}): Promise<readonly StreamInfo[]> {
    return this.#snapshot.streams(() => this.#listAllStreams(), options.fresh ?? false);
  }

  async streamInfo(name: string, options: { perSubject?: boolean } = {}): Promise<StreamInfo | undefined> {
    if (options.perSubject) return this.#streamInfoPerSubject(name);
    return this.#unlessAbsent(this.#call<StreamInfo>("STREAM.INFO", name));
  }

  async createStream(config: StreamConfig): Promise<StreamInfo> {
    return this.#writeStream("STREAM.CREATE", config);
  }

  async updateStream(config: Config<StreamConfig>): Promise<StreamInfo> {
    return this.#writeStream("STREAM.UPDATE", config);
  }

  async deleteStream(name: string): Promise<boolean> {
    const done = await this.#unlessAbsent(this.#call("STREAM.DELETE", name));
    this.#snapshot.wrote(name, undefined);
    return done !== undefined;
  }

  async listConsumers(stream: string): Promise<readonly ConsumerInfo[]> {
    const consumers = await this.#pages<ConsumerInfo>("CONSUMER.LIST", stream, "consumers");
    return [...consumers].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  consumerInfo(stream: string, name: string): Promise<ConsumerInfo | undefined> {
    return this.#unlessAbsent(this.#call<ConsumerInfo>("CONSUMER.INFO", `${stream}.${name}`));
  }

  createConsumer(stream: string, config: ConsumerConfig): Promise<ConsumerInfo> {
    return this.#writeConsumer(stream, config, "create");
  }

  updateConsumer(stream: string, config: Config<ConsumerConfig>): Promise<ConsumerInfo> {
    return this.#writeConsumer(stream, config, "update");
  }

  async deleteConsumer(stream: string, name: string): Promise<boolean> {
    const done = this.#call("CONSUMER.DELETE", `${stream}.${name}`);
    return (await this.#unlessAbsent(done)) !== undefined;
  }

  exclusive<T>(stream: string, work: () => Promise<T>): Promise<T> {
    return this.#connection.exclusive(stream, work);
  }

  #listAllStreams(): Promise<StreamInfo[]> {
    return this.#pages<StreamInfo>("STREAM.LIST", "", "streams");
  }

  /** The counts come in pages of 100,000 subjects, each with the whole stream around it. */
  async #streamInfoPerSubject(name: string): Promise<StreamInfo | undefined> {
    const subjects: Record<string, number> = {};
    for (let offset = 0; ; ) {
      const body = { subjects_filter: ">", offset };
      const page = await this.#unlessAbsent(
        this.#call<StreamInfo & Partial<Page>>("STREAM.INFO", name, body),
      );
      if (page === undefined) return undefined;
      const found = Object.entries(page.state.subjects ?? {});
      for (const [subject, count] of found) subjects[subject] = count;
      offset += found.length;
      if (found.length === 0 || offset >= (page.total ?? 0))
        return { ...page, state: { ...page.state, subjects } };
    }
  }

  async #writeStream(call: "STREAM.CREATE" | "STREAM.UPDATE", config: StreamConfig): Promise<StreamInfo> {
    const level = requiredApiLevel(config);
    const info = await this.#call<StreamInfo>(call, config.name, config, {
      slow: (config.num_replicas ?? 1) > 1,
      ...(level > 0 ? { headers: { "Nats-Required-Api-Level": String(level) } } : {}),
    });
    this.#snapshot.wrote(config.name, info);
    return info;
  }

  async #writeConsumer(
    stream: string,
    config: ConsumerConfig,
    action: "create" | "update",
  ): Promise<ConsumerInfo> {
    const name = config.durable_name ?? config.name ?? "";
    const body = { stream_name: stream, config, action };
    return this.#call<ConsumerInfo>("CONSUMER.CREATE", `${stream}.${name}`, body, {
      slow: (config.num_replicas ?? 0) > 1,
    });
  }

  async #pages<T>(call: string, rest: string, key: "streams" | "consumers"): Promise<T[]> {
    const all: T[] = [];
    for (;;) {
      const page = await this.#call<Page & { [K in typeof key]?: T[] | null }>(call, rest, {
        offset: all.length,
      });
      const items = page[key] ?? [];
      all.push(...items);
      // A list that shrinks while it is read ends with an empty page.
      if (items.length === 0 || all.length >= page.total) return all;
    }
  }

  async #unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
      if (error.errCode !== STREAM_NOT_FOUND && error.errCode !== CONSUMER_NOT_FOUND) throw error;
      return undefined;
    }
  }

  #call<T>(call: string, rest: string, body?: object, options: CallOptions = {}): Promise<T> {
    return retry(
      TRANSIENT,
      (error) => this.#mayPass(error),
      () => this.#callOnce<T>(call, rest, body, options),
    ).catch((error: unknown) => {
      throw error instanceof NoResponders ? this.#disabled(error) : error;
    });
  }

  async #callOnce<T>(call: string, rest: string, body: object | undefined, options: CallOptions): Promise<T> {
    const { apiPrefix, requestTimeoutMs, replicatedTimeoutMs } = this.#connection.settings;
    const subject = rest === "" ? `${apiPrefix}.${call}` : `${apiPrefix}.${call}.${rest}`;
    this.#sent.set(call, (this.#sent.get(call) ?? 0) + 1);
    const text = await this.#connection.request(subject, body === undefined ? "" : JSON.stringify(body), {
      timeoutMs: options.slow ? replicatedTimeoutMs : requestTimeoutMs,
      ...(options.headers === undefined ? {} : { headers: options.headers }),
    });
    const answer = JSON.parse(text) as T & {
      error?: { code: number; err_code?: number; description: string };
    };
    if (answer.error === undefined) return answer;
    const { code, err_code, description } = answer.error;
    const refusal = new JetStreamApiError(code, err_code ?? 0, description);
    throw refusal.errCode === NOT_ENABLED_FOR_ACCOUNT ? this.#disabled(refusal) : refusal;
  }

  #mayPass(error: unknown): boolean {
    if (error instanceof NatsUnreachable) return this.#connection.answeredBefore;
    if (error instanceof NoResponders) return this.#connection.offersJetStream;
    if (!(error instanceof JetStreamApiError)) return false;
    return error.errCode === TEMPORARILY_UNAVAILABLE || error.errCode === INSUFFICIENT_RESOURCES;
  }

  #disabled(cause: Error): JetStreamDisabled {
    const { servers, apiPrefix } = this.#connection.settings;
    const where = servers.join(", ");
    if (cause instanceof JetStreamApiError) {
      return new JetStreamDisabled(`JetStream is not enabled for this account at ${where}`, { cause });
    }
    const why = this.#connection.offersJetStream
      ? `nobody answers at ${apiPrefix}: JetStream is not running yet, or the domain or API prefix is wrong`
      : "the server runs without JetStream";
    return new JetStreamDisabled(`${where}: ${why}`, { cause });
  }
}
