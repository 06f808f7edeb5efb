import type { ConsumerConfig, StreamConfig } from "../../clients/nats/wire.ts";
import { sameValue } from "./canonical.ts";
import { atLeast } from "./version.ts";

/**
 * What a server refuses to change in place. Rules look at canonical total forms. Sources: nats-server's
 * configUpdateCheck and checkNewConsumerConfig, read in 2.9.25, 2.10.27, 2.11.16, 2.12.0, 2.12.6, 2.14.0 and 2.14.9.
 */
export interface ImmutableRule<C> {
  /** The wire field at fault. */
  readonly field: keyof C & string;
  readonly broken: (before: C, after: C) => boolean;
  /** One line: why not. */
  readonly reason: string;
  /** The rule holds on servers older than this; absent: on all. */
  readonly until?: string;
  /** The rule holds on servers from this on; absent: on all. */
  readonly from?: string;
}

const changes =
  <C>(field: keyof C) =>
  (before: C, after: C): boolean =>
    !sameValue(before[field], after[field]);

const turnsOff =
  <C>(field: keyof C) =>
  (before: C, after: C): boolean =>
    before[field] === true && after[field] !== true;

const unsettable = (field: keyof StreamConfig & string): ImmutableRule<StreamConfig> => ({
  field,
  broken: turnsOff(field),
  reason: "once on, the server never turns it off again",
});

/** First release in which this program knows max_consumers to be updatable; 2.12.0 refuses still. */
const MAX_CONSUMERS_UPDATABLE = "2.12.6";
/** First release in which this program expects a consumer's storage to be fixed; 2.14.0 accepts the change still. */
const CONSUMER_STORAGE_FIXED = "2.14.1";

export const STREAM_RULES: readonly ImmutableRule<StreamConfig>[] = [
  {
    field: "storage",
    broken: changes("storage"),
    reason: "the server can't move a stream between file and memory",
  },
  {
    field: "retention",
    broken: (before, after) =>
      before.retention !== after.retention && [before.retention, after.retention].includes("workqueue"),
    reason: "the server can't change retention to or from workqueue",
  },
  {
    field: "retention",
    broken: (before, after) =>
      before.retention !== after.retention && ![before.retention, after.retention].includes("workqueue"),
    reason: "servers before 2.10 can't change retention",
    until: "2.10.0",
  },
  {
    field: "mirror",
    broken: (before, after) => after.mirror !== undefined && !sameValue(before.mirror, after.mirror),
    reason: "the server can't make a stream a mirror, nor change what it mirrors",
  },
  {
    field: "mirror",
    broken: (before, after) => before.mirror !== undefined && after.mirror === undefined,
    reason: "servers before 2.12 can't promote a mirror to a stream",
    until: "2.12.0",
  },
  {
    field: "first_seq",
    broken: changes("first_seq"),
    reason: "the first sequence counts only when a stream is created",
  },
  { field: "allow_msg_counter", broken: changes("allow_msg_counter"), reason: "the server can't change it" },
  { field: "persist_mode", broken: changes("persist_mode"), reason: "the server can't change it" },
  unsettable("sealed"),
  unsettable("deny_delete"),
  unsettable("deny_purge"),
  unsettable("allow_msg_ttl"),
  unsettable("allow_msg_schedules"),
  {
    field: "max_consumers",
    broken: changes("max_consumers"),
    reason: `servers before ${MAX_CONSUMERS_UPDATABLE} can't change it`,
    until: MAX_CONSUMERS_UPDATABLE,
  },
  {
    field: "republish",
    broken: changes("republish"),
    reason: "servers before 2.10 can't change it",
    until: "2.10.0",
  },
];

const fixed = (field: keyof ConsumerConfig & string): ImmutableRule<ConsumerConfig> => ({
  field,
  broken: changes(field),
  reason: "the server can't change it on a consumer that is there",
});

export const CONSUMER_RULES: readonly ImmutableRule<ConsumerConfig>[] = [
  fixed("deliver_policy"),
  fixed("opt_start_seq"),
  fixed("opt_start_time"),
  fixed("ack_policy"),
  fixed("replay_policy"),
  {
    field: "max_waiting",
    broken: (before, after) => isPull(before) && isPull(after) && before.max_waiting !== after.max_waiting,
    reason: "the server can't change it on a consumer that is there",
  },
  fixed("flow_control"),
  fixed("idle_heartbeat"),
  {
    field: "deliver_subject",
    broken: (before, after) => isPull(before) !== isPull(after),
    reason: "the server can't turn a pull consumer into a push consumer or back",
  },
  { ...fixed("mem_storage"), from: CONSUMER_STORAGE_FIXED },
];

const isPull = (config: ConsumerConfig): boolean => config.deliver_subject === undefined;

const isForAll = <C>(rule: ImmutableRule<C>): boolean => rule.until === undefined && rule.from === undefined;
const isFor = <C>({ until, from }: ImmutableRule<C>, version: string): boolean =>
  (until === undefined || !atLeast(version, until)) && (from === undefined || atLeast(version, from));

/** Rules that a change breaks: on every server, or on the given version. Both configs in canonical total form. */
export const brokenRules = <C>(
  rules: readonly ImmutableRule<C>[],
  before: C,
  after: C,
  version?: string,
): ImmutableRule<C>[] =>
  rules.filter(
    (rule) => (version === undefined ? isForAll(rule) : isFor(rule, version)) && rule.broken(before, after),
  );
