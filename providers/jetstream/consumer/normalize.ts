import type { ConsumerConfig, StreamConfig } from "../../../clients/nats/wire.ts";
import { UNLIMITED } from "../bytes.ts";
import { compact, unlessEmpty } from "../canonical.ts";
import {
  DEFAULT_ACK_WAIT,
  DEFAULT_MAX_ACK_PENDING,
  DEFAULT_MAX_WAITING,
  DEFAULT_PINNED_TTL,
  FLOW_CONTROL_HEARTBEAT,
} from "../defaults.ts";
import { wireDuration } from "../duration.ts";
import { canonicalInstant } from "../fields.ts";
import { withoutServerMetadata } from "../mark.ts";
import { type Difference, differences, roundNanos, unknownFields } from "../normalize.ts";
import { sortedSet } from "../parsed.ts";

const KNOWN: ReadonlySet<string> = new Set<keyof ConsumerConfig>([
  "name",
  "durable_name",
  "description",
  "deliver_policy",
  "opt_start_seq",
  "opt_start_time",
  "ack_policy",
  "ack_wait",
  "max_deliver",
  "backoff",
  "filter_subject",
  "filter_subjects",
  "replay_policy",
  "rate_limit_bps",
  "sample_freq",
  "max_waiting",
  "max_ack_pending",
  "flow_control",
  "idle_heartbeat",
  "headers_only",
  "max_batch",
  "max_expires",
  "max_bytes",
  "deliver_subject",
  "deliver_group",
  "inactive_threshold",
  "num_replicas",
  "mem_storage",
  "metadata",
  "priority_policy",
  "priority_groups",
  "priority_timeout",
]);

const positive = (value: number | undefined): number | undefined =>
  value === undefined || value <= 0 ? undefined : value;
const textOf = (value: string | undefined): string | undefined => (value === "" ? undefined : value);

/**
 * The canonical total form of a consumer config. Idempotent. `limits` are the stream's consumer_limits, which a server
 * since 2.10 fills in for what a consumer doesn't say. A pause is no part of it: updates don't change it.
 */
export const normalizeConsumer = (
  config: ConsumerConfig,
  limits?: StreamConfig["consumer_limits"],
): ConsumerConfig => {
  const ackPolicy: string = config.ack_policy ?? "none";
  const flowControlled = ackPolicy === "flow_control";
  const isPull = textOf(config.deliver_subject) === undefined;
  const backoff = config.backoff?.map(roundNanos);
  const filters = sortedSet(
    [config.filter_subject ?? "", ...(config.filter_subjects ?? [])].filter((filter) => filter !== ""),
  );
  const policy = config.priority_policy ?? "none";
  const normalized: Partial<Record<keyof ConsumerConfig, unknown>> = {
    name: config.name ?? config.durable_name,
    durable_name: config.durable_name,
    description: textOf(config.description),
    deliver_policy: config.deliver_policy ?? "all",
    opt_start_seq: positive(config.opt_start_seq),
    opt_start_time:
      config.opt_start_time && (canonicalInstant(config.opt_start_time) ?? config.opt_start_time),
    ack_policy: ackPolicy,
    ack_wait:
      ackPolicy === "explicit" || ackPolicy === "all"
        ? (backoff?.[0] ?? positive(roundNanos(config.ack_wait)) ?? wireDuration(DEFAULT_ACK_WAIT))
        : undefined,
    max_deliver: positive(config.max_deliver) ?? UNLIMITED,
    backoff: backoff && unlessEmpty(backoff),
    filter_subject: filters.length === 1 ? filters[0] : undefined,
    filter_subjects: filters.length > 1 ? filters : undefined,
    replay_policy: config.replay_policy ?? "instant",
    rate_limit_bps: positive(config.rate_limit_bps),
    sample_freq: String(Number.parseInt(config.sample_freq ?? "0", 10) || 0),
    max_waiting: isPull ? (positive(config.max_waiting) ?? DEFAULT_MAX_WAITING) : undefined,
    max_ack_pending: pendingOf(config.max_ack_pending, ackPolicy, limits),
    flow_control: flowControlled || config.flow_control === true,
    idle_heartbeat: flowControlled
      ? wireDuration(FLOW_CONTROL_HEARTBEAT)
      : positive(roundNanos(config.idle_heartbeat)),
    headers_only: config.headers_only === true,
    max_batch: positive(config.max_batch),
    max_expires: positive(roundNanos(config.max_expires)),
    max_bytes: positive(config.max_bytes),
    deliver_subject: textOf(config.deliver_subject),
    deliver_group: textOf(config.deliver_group),
    inactive_threshold:
      positive(roundNanos(config.inactive_threshold)) ?? positive(limits?.inactive_threshold),
    num_replicas: positive(config.num_replicas) ?? 0,
    mem_storage: config.mem_storage === true,
    metadata: withoutServerMetadata(config).metadata,
    priority_policy: policy,
    priority_groups: config.priority_groups && unlessEmpty(sortedSet(config.priority_groups)),
    priority_timeout:
      positive(roundNanos(config.priority_timeout)) ??
      (policy === "pinned_client" ? wireDuration(DEFAULT_PINNED_TTL) : undefined),
  };
  return compact(normalized) as ConsumerConfig;
};

const pendingOf = (
  pending: number | undefined,
  ackPolicy: string,
  limits: StreamConfig["consumer_limits"],
): number | undefined => {
  if (ackPolicy === "none") return undefined;
  if (pending !== undefined && pending < 0) return UNLIMITED;
  return positive(pending) ?? positive(limits?.max_ack_pending) ?? DEFAULT_MAX_ACK_PENDING;
};

/** Fields of two consumer configs that differ in meaning. */
export const consumerDifferences = (
  before: ConsumerConfig,
  after: ConsumerConfig,
  limits?: StreamConfig["consumer_limits"],
): Difference[] => differences(normalizeConsumer(before, limits), normalizeConsumer(after, limits));

/** Fields of a live consumer that this program doesn't set, `pause_until` among them; they go back with every update. */
export const unmanagedConsumerFields = (config: object): Record<string, unknown> =>
  unknownFields(config, KNOWN);
