import type { ConsumerConfig, StreamConfig } from "../../clients/nats/wire.ts";
import type { Refusal } from "./fake-stream.ts";
import { collide, isSubset } from "./subjects.ts";
import { atLeast } from "./version.ts";

export type AnyConsumerConfig = ConsumerConfig & Record<string, unknown>;

const DEFAULT_ACK_WAIT = 30_000_000_000;
const DEFAULT_MAX_WAITING = 512;
const DEFAULT_MAX_ACK_PENDING = 1_000;

const SINCE: Readonly<Record<string, string>> = {
  filter_subjects: "2.10.0",
  metadata: "2.10.0",
  pause_until: "2.11.0",
  priority_policy: "2.11.0",
  priority_groups: "2.11.0",
  priority_timeout: "2.11.0",
};

/** The config as this version stores it. */
export function fillConsumer(config: AnyConsumerConfig, version: string): AnyConsumerConfig {
  const given = Object.fromEntries(
    Object.entries(structuredClone(config)).filter(
      ([key, value]) => value !== undefined && atLeast(version, SINCE[key] ?? "2.9.0"),
    ),
  ) as AnyConsumerConfig;
  const filled: AnyConsumerConfig = {
    ...given,
    ...(given.durable_name === undefined ? {} : { name: given.durable_name }),
    deliver_policy: given.deliver_policy ?? "all",
    ack_policy: given.ack_policy ?? "none",
    max_deliver: given.max_deliver || -1,
    replay_policy: given.replay_policy ?? "instant",
    num_replicas: given.num_replicas ?? 0,
  };
  if (filled.ack_policy !== "none") {
    filled.ack_wait = given.backoff?.[0] ?? (given.ack_wait || DEFAULT_ACK_WAIT);
    filled.max_ack_pending = given.max_ack_pending || DEFAULT_MAX_ACK_PENDING;
  }
  if (given.deliver_subject === undefined) filled.max_waiting = given.max_waiting || DEFAULT_MAX_WAITING;
  return filled;
}

const filtersOf = (config: ConsumerConfig): readonly string[] =>
  config.filter_subjects ?? (config.filter_subject ? [config.filter_subject] : []);

/** What no consumer of this stream may be. */
export function refuseConsumer(
  filled: AnyConsumerConfig,
  stream: StreamConfig,
  others: readonly ConsumerConfig[],
  version: string,
): Refusal | undefined {
  const filters = filtersOf(filled);
  const subjects = stream.subjects ?? [];
  if (!atLeast(version, "2.10.0") && filters.some((filter) => !isSubset(filter, subjects))) {
    return {
      http: 400,
      code: 10093,
      text: "consumer filter subject is not a valid subset of the interest subjects",
    };
  }
  if ((filled.num_replicas ?? 0) > (stream.num_replicas ?? 1)) {
    return { http: 400, code: 10126, text: "consumer config replica count exceeds parent stream" };
  }
  if (filled.backoff && (filled.max_deliver ?? -1) > 0 && filled.backoff.length > (filled.max_deliver ?? 0)) {
    return { http: 400, code: 10116, text: "max deliver is required to be > length of backoff values" };
  }
  return stream.retention === "workqueue" ? refuseOnWorkQueue(filled, filters, others) : undefined;
}

function refuseOnWorkQueue(
  filled: AnyConsumerConfig,
  filters: readonly string[],
  others: readonly ConsumerConfig[],
): Refusal | undefined {
  if (filled.ack_policy !== "explicit") {
    return { http: 400, code: 10084, text: "workqueue stream requires explicit ack" };
  }
  if (filled.deliver_policy !== "all") {
    return { http: 400, code: 10101, text: "consumer must be deliver all on workqueue stream" };
  }
  if (others.length === 0) return undefined;
  if (filters.length === 0) {
    return {
      http: 400,
      code: 10099,
      text: "multiple non-filtered consumers not allowed on workqueue stream",
    };
  }
  const clash = others.some((other) => {
    const theirs = filtersOf(other);
    return theirs.length === 0 || theirs.some((a) => filters.some((b) => collide(a, b)));
  });
  return clash
    ? { http: 400, code: 10100, text: "filtered consumer not unique on workqueue stream" }
    : undefined;
}

const IMMUTABLE: readonly (readonly [keyof ConsumerConfig, string])[] = [
  ["ack_policy", "ack policy"],
  ["deliver_policy", "deliver policy"],
  ["opt_start_seq", "start sequence"],
  ["opt_start_time", "start time"],
  ["replay_policy", "replay policy"],
  ["max_waiting", "max waiting"],
  ["flow_control", "flow control"],
  ["idle_heartbeat", "heart beats"],
];

/** What can't be changed on a consumer that is there. */
export function refuseConsumerUpdate(
  live: AnyConsumerConfig,
  next: AnyConsumerConfig,
  version: string,
): Refusal | undefined {
  const refuse = (what: string): Refusal => ({ http: 500, code: 10012, text: `${what} can not be updated` });
  if ((live.deliver_subject === undefined) !== (next.deliver_subject === undefined)) {
    return refuse(
      live.deliver_subject === undefined ? "can not update pull consumer to push based:" : "push to pull",
    );
  }
  for (const [field, name] of IMMUTABLE) {
    if (JSON.stringify(live[field]) !== JSON.stringify(next[field])) return refuse(name);
  }
  if (live.mem_storage !== next.mem_storage && atLeast(version, "2.14.1")) return refuse("storage type");
  return undefined;
}
