import type { AccountInfo, ConsumerInfo, ServerInfo, StreamInfo } from "../../clients/nats/wire.ts";
import type { JetStreamBackend } from "./backend.ts";

/** What one look at a server told: the input of every forecast. */
export interface LookedAt {
  readonly server: ServerInfo;
  readonly account: AccountInfo;
  readonly streams: readonly StreamInfo[];
  /** By stream; only the streams that were asked for and are there. */
  readonly consumers: ReadonlyMap<string, readonly ConsumerInfo[]>;
}

/**
 * Reads everything that the forecasts need: one account request, one list request per 256 streams, one per 256
 * consumers of each stream that consumers are declared on, or whose messages go with their consumers. Never writes.
 */
export async function lookAtJetStream(
  backend: JetStreamBackend,
  streamsWithConsumers: readonly string[],
): Promise<LookedAt> {
  const [account, streams] = await Promise.all([backend.accountInfo(), backend.listStreams({ fresh: true })]);
  const there = new Set(streams.map((stream) => stream.config.name));
  const interest = streams.flatMap(({ config, state }) =>
    config.retention === "interest" && state.consumer_count > 0 ? [config.name] : [],
  );
  const asked = [...new Set([...streamsWithConsumers, ...interest])].filter((name) => there.has(name)).sort();
  const lists = await Promise.all(asked.map((name) => backend.listConsumers(name)));
  const consumers = new Map(asked.map((name, index) => [name, lists[index] ?? []] as const));
  return { server: backend.server, account, streams, consumers };
}
