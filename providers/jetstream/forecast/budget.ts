import type { Finding } from "../../kernel/finding.ts";
import { approximateBytes, formatBytes } from "../bytes.ts";
import { limitsFor, type Pool, poolsOf, tierOf, totalReserved } from "../reservation.ts";
import { finding } from "./codes.ts";
import type { DeclaredStorage, LiveFacts } from "./declared.ts";
import { removedStreams, staysBehind } from "./removed.ts";

/** The set as a whole, as a person says it. */
const WHOLE_SET = "JetStream";

/** Whether the server would reserve what is declared, and have the streams. */
export const budgetFindings = (storages: readonly DeclaredStorage[], facts: LiveFacts): Finding[] => [
  ...poolsOf(facts.account, facts.budgetBytes).flatMap((pool) => poolFinding(pool, storages, facts) ?? []),
  ...storages.flatMap((storage) => ownLimits(storage, facts)),
  ...streamCount(storages, facts),
];

/**
 * The most that is reserved at once when shrinks come before grows (see the order) and deletions last, against the
 * limit. Nothing is said where nothing is asked for: what is exceeded already stays as it is.
 */
const poolFinding = (
  pool: Pool,
  storages: readonly DeclaredStorage[],
  facts: LiveFacts,
): Finding | undefined => {
  const declared = new Map(storages.map((storage) => [storage.stream, storage]));
  const live = new Map(facts.streams.map(({ config }) => [config.name, config]));
  const removed = removedStreams(storages, facts).filter((one) => !staysBehind(one));
  const going = removed.filter(({ renamed }) => renamed === undefined).map(({ live }) => live.config);
  // A replacement deletes before it creates.
  const replaced = new Set(
    removed.filter(({ renamed }) => renamed !== undefined).map(({ live }) => live.config.name),
  );
  const others = [...live.values()].filter(({ name }) => !declared.has(name) && !replaced.has(name));
  const wanted = storages.map(({ config }) => config);
  const required = totalReserved(pool, others) + totalReserved(pool, wanted);
  const grows = storages.some(({ stream, config }) => {
    const before = live.get(stream);
    return pool.reserved(config) > (before === undefined ? 0 : pool.reserved(before));
  });
  const createsUncapped = storages.some(
    ({ stream, config }) => !live.has(stream) && pool.holds(config) && pool.reserved(config) === 0,
  );
  const afterwards = required - totalReserved(pool, going);
  const shortfall = shortfallOf(required, pool.limit, grows, createsUncapped);
  if (shortfall <= 0) return undefined;
  const onlyNow = shortfallOf(afterwards, pool.limit, grows, createsUncapped) <= 0;
  return finding({
    severity: "error",
    code: "budget.exceeded",
    resource: WHOLE_SET,
    message: `${approximateBytes(required)} would be reserved, ${pool.name} allows ${approximateBytes(pool.limit)}: ${shortfall} bytes (${approximateBytes(shortfall)}) are missing${onlyNow ? " until the removed streams are deleted, which comes last" : ""}`,
    facts: { required, limit: pool.limit, shortfall, afterwards, storage: pool.storage, pool: pool.name },
    remedy: onlyNow
      ? "make it two ups: first the one that removes streams, then the one that grows"
      : `lower maxBytes by ${formatBytes(shortfall)} in all, or raise the limit`,
  });
};

/** A stream without a cap reserves nothing, but its creation needs one byte of headroom (nats-server checkBytesLimits). */
const shortfallOf = (required: number, limit: number, grows: boolean, createsUncapped: boolean): number => {
  if (required > limit) return grows || createsUncapped ? required - limit : 0;
  return required === limit && createsUncapped ? 1 : 0;
};

/** What the account says about one stream. */
const ownLimits = (storage: DeclaredStorage, { account }: LiveFacts): Finding[] => {
  const { config, name, path, pathOf } = storage;
  const limits = limitsFor(account, config);
  if (limits === undefined) {
    return [
      finding({
        severity: "error",
        code: "budget.no-tier",
        resource: name,
        path: pathOf("num_replicas"),
        message: `the account has no storage for ${tierOf(config)}, only for ${Object.keys(
          account.tiers ?? {},
        )
          .sort()
          .join(", ")}`,
        facts: { tier: tierOf(config) },
        remedy: "take another number of replicas, or have the account extended",
      }),
    ];
  }
  const found: Finding[] = [];
  const bytes = config.max_bytes ?? -1;
  const most =
    (config.storage === "memory" ? limits.memory_max_stream_bytes : limits.storage_max_stream_bytes) ?? -1;
  if (most > 0 && bytes > most) {
    found.push(
      finding({
        severity: "error",
        code: "budget.stream-limit",
        resource: name,
        path: pathOf("max_bytes"),
        message: `${formatBytes(bytes)} is more than the ${formatBytes(most)} that the account allows one stream`,
        facts: { bytes, limit: most, shortfall: bytes - most },
        remedy: `take at most ${formatBytes(most)}, or have the account extended`,
      }),
    );
  }
  if (limits.max_bytes_required === true && bytes <= 0) {
    found.push(
      finding({
        severity: "error",
        code: "budget.max-bytes-required",
        resource: name,
        path,
        message: "has no maxBytes, and the account requires one of every stream",
        facts: {},
        remedy: "give maxBytes",
      }),
    );
  }
  const consumers = config.max_consumers ?? -1;
  if (limits.max_consumers > 0 && consumers > limits.max_consumers) {
    found.push(
      finding({
        severity: "error",
        code: "limit.consumers",
        resource: name,
        path: pathOf("max_consumers"),
        message: `${consumers} consumers are more than the ${limits.max_consumers} that the account allows a stream`,
        facts: { consumers, limit: limits.max_consumers },
        remedy: `take at most ${limits.max_consumers}, or have the account extended`,
      }),
    );
  }
  return found;
};

/** Creations come before deletions, so what goes counts still. */
const streamCount = (storages: readonly DeclaredStorage[], facts: LiveFacts): Finding[] => {
  const { account } = facts;
  const live = new Set(facts.streams.map(({ config }) => config.name));
  const replaced = removedStreams(storages, facts).filter(
    (one) => one.renamed !== undefined && !staysBehind(one),
  );
  const groups =
    account.tiers === undefined || Object.keys(account.tiers).length === 0
      ? [{ tier: undefined, limit: account.limits.max_streams }]
      : Object.entries(account.tiers).map(([tier, { limits }]) => ({ tier, limit: limits.max_streams }));
  return groups.flatMap(({ tier, limit }) => {
    const belongs = (config: Parameters<typeof tierOf>[0]): boolean =>
      tier === undefined || tierOf(config) === tier;
    const created = storages.filter(({ stream, config }) => !live.has(stream) && belongs(config)).length;
    const there = facts.streams.filter(({ config }) => belongs(config)).length;
    const total = there + created - replaced.filter((one) => belongs(one.live.config)).length;
    if (limit <= 0 || created === 0 || total <= limit) return [];
    return finding({
      severity: "error",
      code: "limit.streams",
      resource: WHOLE_SET,
      message: `there would be ${total} streams${tier === undefined ? "" : ` of tier ${tier}`}, the account allows ${limit}`,
      facts: { streams: total, created, limit, shortfall: total - limit },
      remedy: "declare fewer, delete some first, or have the account extended",
    });
  });
};
