import type { StackConfig } from "../stack.ts";

const MIB = 1024 ** 2;

/** The one limit that "update all" raises, in MiB. */
export const LIMIT_BEFORE_MIB = 1;
export const LIMIT_AFTER_MIB = 2;

const nameOf = (index: number): string => `BENCH_${String(index).padStart(4, "0")}`;
const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** What the server must be able to hold reservations for, with room for an update that counts both. */
export const storeBytes = (count: number): number => 2 * count * LIMIT_AFTER_MIB * MIB;

/** The streams as a stack declares them. */
export const streamsConfig = (count: number, limitMib: number): StackConfig => ({
  "slipway:profile": "dev",
  "slipway:nats": {
    streams: Object.fromEntries(
      indices(count).map((index) => [
        nameOf(index),
        { subjects: [`bench.${index}.>`], maxBytes: `${limitMib}MiB` },
      ]),
    ),
  },
});

/** The same streams as the `nats` client takes them. */
export const streamConfigs = (count: number, limitMib: number) =>
  indices(count).map((index) => ({
    name: nameOf(index),
    subjects: [`bench.${index}.>`],
    max_bytes: limitMib * MIB,
  }));

/** As many resources without a thing behind them. */
export const nothingConfig = (count: number, limit: number): StackConfig => ({
  "do-nothing:count": String(count),
  "do-nothing:limit": String(limit),
});
