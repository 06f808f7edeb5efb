import type { AccountInfo, AccountLimits, StreamConfig } from "../../clients/nats/wire.ts";
import { bytewise } from "./parsed.ts";

/** Storage that streams reserve from: a limit, and how much of it a stream takes. */
export interface Pool {
  /** Where the limit comes from, as a person says it. */
  readonly name: string;
  readonly storage: "file" | "memory";
  /** Bytes. */
  readonly limit: number;
  /** Whether a stream of this config takes from it, also when it has no cap. */
  readonly holds: (config: StreamConfig) => boolean;
  /** Bytes that a stream takes; 0 without a cap. */
  readonly reserved: (config: StreamConfig) => number;
}

const storageOf = ({ storage = "file" }: StreamConfig): "file" | "memory" => storage;
const cap = ({ max_bytes = 0 }: StreamConfig): number => Math.max(max_bytes, 0);
const replicasOf = ({ num_replicas = 1 }: StreamConfig): number => Math.max(num_replicas, 1);

/** JWT accounts with tiered limits name a tier by its replicas. */
export const tierOf = (config: StreamConfig): string => `R${replicasOf(config)}`;

export const isTiered = ({ tiers }: Pick<AccountInfo, "tiers">): boolean =>
  tiers !== undefined && Object.keys(tiers).length > 0;

/** The limits that a stream meets; undefined where a tiered account has none for its replicas. */
export const limitsFor = (account: AccountInfo, config: StreamConfig): AccountLimits | undefined =>
  isTiered(account) ? account.tiers?.[tierOf(config)]?.limits : account.limits;

/**
 * All known limits. An account without tiers counts each replica; a tier and a server count a stream once. Source:
 * nats-server, accountReservation and checkBytesLimits.
 */
export const poolsOf = (account: AccountInfo, budgetBytes: number | undefined): Pool[] => {
  const pools = isTiered(account)
    ? Object.entries(account.tiers ?? {})
        .sort(([a], [b]) => bytewise(a, b))
        .flatMap(([tier, { limits }]) =>
          poolsWithin(limits, `tier ${tier} of the account`, (config) => tierOf(config) === tier, cap),
        )
    : poolsWithin(
        account.limits,
        "the account",
        () => true,
        (config) => cap(config) * replicasOf(config),
      );
  if (budgetBytes === undefined) return pools;
  return [...pools, pool("file", budgetBytes, "the storage budget", () => true, cap)];
};

const poolsWithin = (
  limits: AccountLimits,
  owner: string,
  holds: (config: StreamConfig) => boolean,
  weigh: (config: StreamConfig) => number,
): Pool[] => [
  ...(limits.max_storage >= 0
    ? [pool("file", limits.max_storage, `the file storage of ${owner}`, holds, weigh)]
    : []),
  ...(limits.max_memory >= 0
    ? [pool("memory", limits.max_memory, `the memory of ${owner}`, holds, weigh)]
    : []),
];

const pool = (
  storage: Pool["storage"],
  limit: number,
  name: string,
  within: (config: StreamConfig) => boolean,
  weigh: (config: StreamConfig) => number,
): Pool => {
  const holds = (config: StreamConfig): boolean => storageOf(config) === storage && within(config);
  return { name, storage, limit, holds, reserved: (config) => (holds(config) ? weigh(config) : 0) };
};

export const totalReserved = (pool: Pool, configs: readonly StreamConfig[]): number =>
  configs.reduce((sum, config) => sum + pool.reserved(config), 0);
