import type { ConsumerConfig, StreamConfig } from "../../../clients/nats/wire.ts";
import { UNLIMITED } from "../bytes.ts";
import { compact } from "../canonical.ts";
import { DEFAULT_ACK_WAIT, DEFAULT_MAX_WAITING, FLOW_CONTROL_HEARTBEAT } from "../defaults.ts";
import { wireDuration } from "../duration.ts";
import { lifecycleOf, marked, type ToConfigOptions } from "../lifecycle.ts";
import { userMetadata } from "../mark.ts";
import { bytesFromWire, bytesToWire, durationFromWire, durationToWire, limitFromWire } from "../scalars.ts";
import { acknowledges, canonicalConsumer } from "./canonical.ts";
import { normalizeConsumer } from "./normalize.ts";
import type { ConsumerInput } from "./schema.ts";

/** Which property each wire field of a consumer is declared by. */
export const CONSUMER_PROPERTIES: Readonly<Record<string, string>> = {
  durable_name: "durable",
  name: "durable",
  deliver_policy: "deliverPolicy",
  opt_start_seq: "optStartSeq",
  opt_start_time: "optStartTime",
  ack_policy: "ackPolicy",
  ack_wait: "ackWait",
  max_deliver: "maxDeliver",
  filter_subject: "filterSubject",
  filter_subjects: "filterSubjects",
  replay_policy: "replayPolicy",
  rate_limit_bps: "rateLimitBps",
  sample_freq: "sampleFreq",
  max_waiting: "maxWaiting",
  max_ack_pending: "maxAckPending",
  flow_control: "flowControl",
  idle_heartbeat: "idleHeartbeat",
  headers_only: "headersOnly",
  max_batch: "maxBatch",
  max_expires: "maxExpires",
  max_bytes: "maxBytes",
  deliver_subject: "deliverSubject",
  deliver_group: "deliverGroup",
  inactive_threshold: "inactiveThreshold",
  num_replicas: "replicas",
  mem_storage: "memStorage",
  priority_policy: "priorityPolicy",
  priority_groups: "priorityGroups",
  priority_timeout: "priorityTimeout",
};

type StreamLimits = StreamConfig["consumer_limits"];

/** The whole desired config. Fields that are absent are left to the server, which fills in what `normalizeConsumer` knows. */
export const consumerToConfig = (input: ConsumerInput, options: ToConfigOptions = {}): ConsumerConfig => {
  const flowControlled = input.ackPolicy === "flow_control";
  const isPull = input.deliverSubject === undefined;
  const config = compact<ConsumerConfig>({
    name: input.durable,
    durable_name: input.durable,
    description: input.description,
    deliver_policy: input.deliverPolicy ?? "all",
    opt_start_seq: input.optStartSeq,
    opt_start_time: input.optStartTime,
    ack_policy: input.ackPolicy ?? "explicit",
    ack_wait: acknowledges(input)
      ? wireDuration(input.ackWait ?? input.backoff?.[0] ?? DEFAULT_ACK_WAIT)
      : undefined,
    max_deliver: input.maxDeliver ?? UNLIMITED,
    backoff: input.backoff?.map(wireDuration),
    filter_subject: input.filterSubject,
    filter_subjects: input.filterSubjects,
    replay_policy: input.replayPolicy ?? "instant",
    rate_limit_bps: input.rateLimitBps,
    sample_freq: input.sampleFreq === undefined ? undefined : String(input.sampleFreq),
    max_waiting: isPull ? (input.maxWaiting ?? DEFAULT_MAX_WAITING) : undefined,
    max_ack_pending: input.maxAckPending === "unlimited" ? UNLIMITED : input.maxAckPending,
    flow_control: input.flowControl ?? (flowControlled ? true : undefined),
    idle_heartbeat: durationToWire(
      input.idleHeartbeat ?? (flowControlled ? FLOW_CONTROL_HEARTBEAT : undefined),
    ),
    headers_only: input.headersOnly,
    max_batch: input.maxBatch,
    max_expires: durationToWire(input.maxExpires),
    max_bytes: input.maxBytes === undefined ? undefined : bytesToWire(input.maxBytes),
    deliver_subject: input.deliverSubject,
    deliver_group: input.deliverGroup,
    inactive_threshold: durationToWire(input.inactiveThreshold),
    num_replicas: input.replicas ?? 0,
    mem_storage: input.memStorage,
    metadata: input.metadata,
    priority_policy: input.priorityPolicy,
    priority_groups: input.priorityGroups,
    priority_timeout: durationToWire(input.priorityTimeout),
  } as ConsumerConfig);
  return marked(config, input, "delete", options);
};

export interface ConsumerFromConfigOptions {
  /** Name of the stream; a consumer's config doesn't tell it. */
  readonly stream: string;
  /** The declaration that the live config is compared with; see `streamFromConfig`. */
  readonly like?: ConsumerInput | undefined;
  /** The stream's own consumer_limits, where known: what they fill in is no drift. */
  readonly limits?: StreamLimits;
}

/** The declaration that a live consumer answers to. */
export const consumerFromConfig = (
  config: ConsumerConfig,
  { stream, like, limits }: ConsumerFromConfigOptions,
): ConsumerInput => {
  const live = normalizeConsumer(config, limits);
  const filledIn = normalizeConsumer({ ack_policy: live.ack_policy ?? "explicit" }, limits);
  const unlessFilledIn = <T>(declared: unknown, value: T, filled: unknown): T | undefined =>
    declared === undefined && value === filled ? undefined : value;
  return canonicalConsumer({
    ...consumerLifecycle(config, like),
    stream,
    durable: live.durable_name ?? live.name ?? "",
    description: live.description,
    deliverPolicy: live.deliver_policy,
    optStartSeq: live.opt_start_seq,
    optStartTime: live.opt_start_time,
    ackPolicy: live.ack_policy,
    ackWait: durationFromWire(live.ack_wait),
    maxDeliver: limitFromWire(live.max_deliver),
    backoff: live.backoff?.map((wait) => durationFromWire(wait) ?? "0s"),
    filterSubject: live.filter_subject,
    filterSubjects: live.filter_subjects,
    replayPolicy: live.replay_policy,
    rateLimitBps: live.rate_limit_bps,
    sampleFreq: Number(live.sample_freq ?? 0),
    maxWaiting: live.max_waiting,
    maxAckPending: pendingOf(
      unlessFilledIn(like?.maxAckPending, live.max_ack_pending, filledIn.max_ack_pending),
    ),
    flowControl: live.flow_control,
    idleHeartbeat: durationFromWire(live.idle_heartbeat),
    headersOnly: live.headers_only,
    maxBatch: live.max_batch,
    maxExpires: durationFromWire(live.max_expires),
    maxBytes: bytesFromWire(live.max_bytes),
    deliverSubject: live.deliver_subject,
    deliverGroup: live.deliver_group,
    inactiveThreshold: durationFromWire(
      unlessFilledIn(like?.inactiveThreshold, live.inactive_threshold, filledIn.inactive_threshold),
    ),
    replicas: limitFromWire(live.num_replicas),
    memStorage: live.mem_storage,
    metadata: userMetadata(live),
    priorityPolicy: live.priority_policy,
    priorityGroups: live.priority_groups,
    priorityTimeout: durationFromWire(live.priority_timeout),
  });
};

const pendingOf = (value: number | undefined): number | "unlimited" | undefined =>
  value === undefined ? undefined : value < 0 ? "unlimited" : value;

const consumerLifecycle = (config: ConsumerConfig, like: ConsumerInput | undefined) => {
  const { owner, deletionPolicy, adopt, allowReplace } = lifecycleOf(config, like);
  return {
    owner,
    adopt,
    allowReplace,
    deletionPolicy: deletionPolicy === "refuse" ? undefined : deletionPolicy,
  };
};
