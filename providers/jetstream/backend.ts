import type {
  AccountInfo,
  ConsumerConfig,
  ConsumerInfo,
  ServerInfo,
  StreamConfig,
  StreamInfo,
} from "../../clients/nats/wire.ts";

/**
 * What the JetStream kinds need of a server. `clients/nats` has the real one, `fake.ts` one in memory; one test suite
 * runs against both. Refusals are `JetStreamApiError` with the server's `err_code`; a server that can't be reached is
 * `NatsUnreachable`.
 */
export interface JetStreamBackend {
  readonly server: ServerInfo;
  accountInfo(): Promise<AccountInfo>;
  /** Every stream with config and state, in pages; may be the snapshot that this process took before, unless `fresh`. */
  listStreams(options?: { fresh?: boolean }): Promise<readonly StreamInfo[]>;
  /** Undefined when there is no such stream. Always asks the server. `perSubject` adds `state.subjects`. */
  streamInfo(name: string, options?: { perSubject?: boolean }): Promise<StreamInfo | undefined>;
  /** Creating again with the identical config returns what is there. */
  createStream(config: StreamConfig): Promise<StreamInfo>;
  /** Takes the whole config, not a patch. */
  updateStream(config: StreamConfig & Record<string, unknown>): Promise<StreamInfo>;
  /** False when it was gone already. */
  deleteStream(name: string): Promise<boolean>;
  listConsumers(stream: string): Promise<readonly ConsumerInfo[]>;
  consumerInfo(stream: string, name: string): Promise<ConsumerInfo | undefined>;
  createConsumer(stream: string, config: ConsumerConfig): Promise<ConsumerInfo>;
  updateConsumer(stream: string, config: ConsumerConfig & Record<string, unknown>): Promise<ConsumerInfo>;
  deleteConsumer(stream: string, name: string): Promise<boolean>;
  /** Holds other writes to the same stream back until `work` is done. */
  exclusive<T>(stream: string, work: () => Promise<T>): Promise<T>;
}
