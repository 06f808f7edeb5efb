import { connect } from "nats";
import { Semaphore } from "../../clients/nats/limit.ts";
import { DEFAULT_IN_FLIGHT } from "../../clients/nats/settings.ts";
import { timed } from "../measure.ts";
import { LIMIT_AFTER_MIB, LIMIT_BEFORE_MIB, streamConfigs } from "./workload.ts";

export interface Floor {
  /** Seconds. */
  readonly create: number;
  readonly list: number;
  readonly update: number;
  readonly destroy: number;
}

/**
 * What the server and the official client take for the same streams when nothing is planned, compared or recorded: as
 * many requests in flight as the kinds keep, on one connection.
 */
export async function measureFloor(url: string, count: number): Promise<Floor> {
  const connection = await connect({ servers: url });
  try {
    const { streams } = await connection.jetstreamManager();
    const slots = new Semaphore(DEFAULT_IN_FLIGHT);
    const before = streamConfigs(count, LIMIT_BEFORE_MIB);
    const after = streamConfigs(count, LIMIT_AFTER_MIB);
    const each = async <T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<number> => {
      const { seconds } = await timed(() => Promise.all(items.map((item) => slots.run(() => work(item)))));
      return seconds;
    };
    const create = await each(before, (config) => streams.add(config));
    const { seconds: list, result: listed } = await timed(() => countOf(streams.list()));
    if (listed !== count) throw new Error(`the server lists ${listed} streams, not ${count}`);
    const update = await each(after, ({ name, ...config }) => streams.update(name, config));
    const destroy = await each(after, ({ name }) => streams.delete(name));
    return { create, list, update, destroy };
  } finally {
    await connection.close();
  }
}

async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) count += 1;
  return count;
}
