import { createHash } from "node:crypto";
import {
  type ConnectionOptions,
  connect,
  type JetStreamManager,
  type NatsConnection,
  type StreamInfo,
} from "nats";

/** The API's subjects that change something, in the words of the server: `STREAM.CREATE ORDERS`. */
const WRITES = /^\$JS\.API\.((?:STREAM|CONSUMER)\.(?:DURABLE\.)?(?:CREATE|UPDATE|DELETE|PURGE))\.(.+)$/;

export interface Contents {
  readonly messages: number;
  /** SHA-256 over subject and payload of all messages, in order. */
  readonly digest: string;
}

/** Another client of the same server: what it does is drift, and what it sees is what really is there. */
export interface Observer {
  readonly nats: NatsConnection;
  readonly manager: JetStreamManager;
  /** Writes that anybody sent to the server since the last call, sorted: `STREAM.UPDATE ORDERS`. */
  writes(): Promise<string[]>;
  /** The server's own count of API requests of this account. */
  apiTotal(): Promise<number>;
  /** Publishes messages of different, predictable contents, and waits until they are stored. */
  fill(subject: string, count: number, bytes?: number): Promise<void>;
  contents(stream: string): Promise<Contents>;
  /** Undefined when there is none. */
  stream(name: string): Promise<StreamInfo | undefined>;
  /** Names of all streams, those of buckets and object stores included, sorted. */
  streams(): Promise<string[]>;
  close(): Promise<void>;
}

export async function observe(servers: string, options: ConnectionOptions = {}): Promise<Observer> {
  const nats = await connect({ ...options, servers });
  const manager = await nats.jetstreamManager();
  let seen: string[] = [];
  nats.subscribe("$JS.API.>", {
    callback: (_, message) => {
      const [, call, name] = WRITES.exec(message.subject) ?? [];
      if (call !== undefined) seen.push(`${call} ${name}`);
    },
  });
  await nats.flush();

  const info = async (name: string): Promise<StreamInfo | undefined> => {
    try {
      return await manager.streams.info(name);
    } catch (error) {
      if (/stream not found/.test(String(error))) return undefined;
      throw error;
    }
  };

  return {
    nats,
    manager,
    stream: info,
    async writes() {
      // The server delivers in order: what was sent before this answer is in.
      await nats.flush();
      const writes = seen.sort();
      seen = [];
      return writes;
    },
    apiTotal: async () => (await manager.getAccountInfo()).api.total,
    async fill(subject, count, bytes = 64) {
      const js = nats.jetstream();
      for (let index = 0; index < count; index += 1) {
        const payload = `${subject} ${index} `.padEnd(bytes, String(index % 10));
        await js.publish(subject.replace("*", String(index)), payload);
      }
    },
    async contents(stream) {
      const { state } = await manager.streams.info(stream);
      const digest = createHash("sha256");
      let messages = 0;
      for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq += 1) {
        try {
          const message = await manager.streams.getMessage(stream, { seq });
          digest.update(message.subject).update("\0").update(message.data).update("\0");
          messages += 1;
        } catch (error) {
          if (!/no message found/.test(String(error))) throw error;
        }
      }
      return { messages, digest: digest.digest("hex") };
    },
    async streams() {
      const names: string[] = [];
      for await (const { config } of manager.streams.list()) names.push(config.name);
      return names.sort();
    },
    close: () => nats.close(),
  };
}
