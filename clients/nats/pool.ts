import { SharedConnection } from "./connection.ts";
import { JetStreamClient } from "./jetstream.ts";
import { endpointKey, type NatsSettings } from "./settings.ts";

/**
 * Kinds are loaded through several module paths into one process, so the pool hangs on the process itself: four kinds
 * share one connection.
 */
const SLOT = Symbol.for("slipway.nats.pool");
type Pool = Map<string, JetStreamClient>;

const pool = (): Pool => {
  const holder = globalThis as { [SLOT]?: Pool };
  holder[SLOT] ??= new Map();
  return holder[SLOT];
};

/**
 * The process's one client for an endpoint and its credentials, connected.
 * Throws NatsUnreachable at the first failure to connect, NatsUnauthorized.
 */
export async function openJetStream(settings: NatsSettings): Promise<JetStreamClient> {
  const key = endpointKey(settings);
  const clients = pool();
  let client = clients.get(key);
  if (client === undefined) {
    client = new JetStreamClient(new SharedConnection(settings));
    clients.set(key, client);
  }
  await client.open();
  return client;
}

/** Closes every connection of the process, for programs that end when their work is done. */
export async function closeAllJetStream(): Promise<void> {
  const clients = [...pool().values()];
  pool().clear();
  await Promise.all(clients.map((client) => client.close()));
}
