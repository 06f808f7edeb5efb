import { connect, type JetStreamManager, type NatsConnection } from "nats";
import { SharedConnection } from "../../../clients/nats/connection.ts";
import { JetStreamClient } from "../../../clients/nats/jetstream.ts";
import { settingsFor } from "../../../clients/nats/settings.ts";
import type { JetStreamBackend } from "../../../providers/jetstream/backend.ts";
import { FakeJetStream } from "../../../providers/jetstream/fake.ts";
import { SERVER_LINES, type ServerLine } from "./binaries.ts";
import { type RealServer, startServer } from "./servers.ts";

/** A message as a test compares it. */
export interface Message {
  readonly subject: string;
  readonly data: string;
}

/**
 * A JetStream that the suite of the kinds runs against, real or in memory. What a test does to it beside the kinds
 * (publishing, consuming, looking) takes another way than the kinds' own client.
 */
export interface World {
  readonly line: ServerLine;
  readonly real: boolean;
  /** A client as a new process has it: nothing listed yet. `sent` counts its requests by API call. */
  client(): Promise<{ backend: JetStreamBackend; sent: () => Record<string, number> }>;
  publish(subject: string, data: string): Promise<void>;
  messages(stream: string): Promise<Message[]>;
  /** Delivers up to `count` messages and acknowledges them, unless told not to; gives their data. */
  consume(stream: string, consumer: string, count: number, options?: { ack?: boolean }): Promise<string[]>;
  close(): Promise<void>;
}

export interface WorldCase {
  readonly name: string;
  readonly open: () => Promise<World>;
}

/** The three server lines, each in memory and for real. */
export const WORLDS: readonly WorldCase[] = SERVER_LINES.flatMap((line) => [
  {
    name: `fake ${line}`,
    open: async () => fakeWorld(new FakeJetStream({ version: FAKE_VERSION[line], now: () => Date.now() })),
  },
  { name: `nats-server ${line}`, open: () => realWorld(line) },
]);

const FAKE_VERSION: Readonly<Record<ServerLine, string>> = {
  "2.9": "2.9.25",
  "2.10": "2.10.29",
  "2.14": "2.14.9",
};

const lineOf = (version: string): ServerLine =>
  SERVER_LINES.find((line) => version.startsWith(`${line}.`)) ?? "2.14";

export function fakeWorld(fake: FakeJetStream): World {
  return {
    line: lineOf(fake.server.version),
    real: false,
    async client() {
      const before = fake.requests.length;
      return { backend: fake, sent: () => countCalls(fake.requests.slice(before)) };
    },
    async publish(subject, data) {
      fake.publish(subject, data);
    },
    async messages(stream) {
      return fake.messages(stream).map(({ subject, data }) => ({ subject, data }));
    },
    async consume(stream, consumer, count, options) {
      return fake.consume(stream, consumer, count, options).map(({ data }) => data);
    },
    async close() {},
  };
}

function countCalls(requests: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const request of requests) {
    // On the wire both are one call with an action in its body.
    const call = (request.split(" ")[0] as string).replace("CONSUMER.UPDATE", "CONSUMER.CREATE");
    counts[call] = (counts[call] ?? 0) + 1;
  }
  return counts;
}

async function realWorld(line: ServerLine): Promise<World> {
  const server = await startServer(line);
  const nats = await connect({ servers: server.url });
  const manager = await nats.jetstreamManager();
  const connection = new SharedConnection(settingsFor(server.url));
  return {
    line,
    real: true,
    async client() {
      const backend = new JetStreamClient(connection);
      await backend.open();
      return { backend, sent: () => ({ ...backend.stats }) };
    },
    async publish(subject, data) {
      await nats.jetstream().publish(subject, data);
    },
    messages: (stream) => storedMessages(manager, stream),
    consume: (stream, consumer, count, options) => pull(nats, stream, consumer, count, options?.ack ?? true),
    close: () => closeAll(server, nats, connection),
  };
}

async function storedMessages(manager: JetStreamManager, stream: string): Promise<Message[]> {
  const { state } = await manager.streams.info(stream);
  const messages: Message[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq += 1) {
    try {
      const message = await manager.streams.getMessage(stream, { seq });
      messages.push({ subject: message.subject, data: new TextDecoder().decode(message.data) });
    } catch (error) {
      if (!/no message found/.test(String(error))) throw error;
    }
  }
  return messages;
}

const PULL_TIMEOUT_MS = 5_000;

async function pull(
  nats: NatsConnection,
  stream: string,
  consumer: string,
  count: number,
  ack: boolean,
): Promise<string[]> {
  const data: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const next = await nats.request(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      JSON.stringify({ batch: 1, no_wait: true }),
      // A pulled message keeps its own subject, by which a shared inbox can't tell whose answer it is.
      { noMux: true, timeout: PULL_TIMEOUT_MS },
    );
    if (next.headers?.code === 404) break;
    data.push(next.string());
    // A request, so that the acknowledgement is in before the test looks.
    if (ack && next.reply) await nats.request(next.reply, "+ACK");
  }
  return data;
}

async function closeAll(
  server: RealServer,
  nats: NatsConnection,
  connection: SharedConnection,
): Promise<void> {
  await nats.close();
  await connection.close();
  await server.stop();
}
