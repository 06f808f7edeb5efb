import type { ConsumerConfig, StreamConfig } from "../../clients/nats/wire.ts";
import type { Change } from "../kernel/kind.ts";
import { CONSUMER_PROPERTIES } from "./consumer/config.ts";
import { normalizeConsumer } from "./consumer/normalize.ts";
import { brokenRules, CONSUMER_RULES, type ImmutableRule, STREAM_RULES } from "./immutability.ts";
import { normalizeStream } from "./normalize.ts";
import { bytewise } from "./parsed.ts";
import { STREAM_PROPERTIES } from "./stream/config.ts";
import { atLeast } from "./version.ts";

/** What a config wants and the server is too old for. */
export interface Unsupported {
  /** The wire field, or a part or value of it: `sources.subject_transforms`, `ack_policy flow_control`. */
  readonly field: string;
  /** The first release that has it. */
  readonly since: string;
}

interface Capability<C> extends Unsupported {
  readonly wanted: (config: C) => boolean;
}

const isOn = (value: unknown): boolean => value !== undefined && value !== false;

const field = <C>(name: keyof C & string, since: string): Capability<C> => ({
  field: name,
  since,
  wanted: (config) => isOn(config[name]),
});

const origins = ({ mirror, sources = [] }: StreamConfig) =>
  mirror === undefined ? sources : [mirror, ...sources];

/** First releases with each field of a stream; older servers drop it silently or refuse it. */
const STREAM_CAPABILITIES: readonly Capability<StreamConfig>[] = [
  field("discard_new_per_subject", "2.9.1"),
  { field: "compression", since: "2.10.0", wanted: ({ compression }) => compression === "s2" },
  field("first_seq", "2.10.0"),
  field("subject_transform", "2.10.0"),
  field("consumer_limits", "2.10.0"),
  field("metadata", "2.10.0"),
  {
    field: "sources.subject_transforms",
    since: "2.10.0",
    wanted: (config) => origins(config).some(({ subject_transforms }) => subject_transforms !== undefined),
  },
  field("allow_msg_ttl", "2.11.0"),
  field("subject_delete_marker_ttl", "2.11.0"),
  field("allow_msg_counter", "2.12.0"),
  field("allow_atomic", "2.12.0"),
  field("allow_msg_schedules", "2.12.0"),
  { field: "persist_mode", since: "2.12.0", wanted: ({ persist_mode }) => persist_mode === "async" },
  field("allow_batched", "2.14.0"),
  {
    field: "sources.consumer",
    since: "2.14.0",
    wanted: (config) => origins(config).some(({ consumer }) => consumer !== undefined),
  },
];

/** First releases with each field of a consumer. */
const CONSUMER_CAPABILITIES: readonly Capability<ConsumerConfig>[] = [
  field("filter_subjects", "2.10.0"),
  field("metadata", "2.10.0"),
  {
    field: "priority_policy",
    since: "2.11.0",
    wanted: ({ priority_policy }) => (priority_policy ?? "none") !== "none",
  },
  field("priority_groups", "2.11.0"),
  field("priority_timeout", "2.11.0"),
  {
    field: "priority_policy prioritized",
    since: "2.12.0",
    wanted: ({ priority_policy }) => priority_policy === "prioritized",
  },
  {
    field: "ack_policy flow_control",
    since: "2.14.0",
    wanted: ({ ack_policy }) => (ack_policy as string) === "flow_control",
  },
];

const missing = <C>(capabilities: readonly Capability<C>[], config: C, version: string): Unsupported[] =>
  capabilities
    .filter(({ since, wanted }) => !atLeast(version, since) && wanted(config))
    .map(({ field, since }) => ({ field, since }))
    .sort((a, b) => bytewise(a.field, b.field));

/** Everything in a stream config that a server of this version doesn't have. */
export const unsupported = (config: StreamConfig, version: string): Unsupported[] =>
  missing(STREAM_CAPABILITIES, normalizeStream(config), version);

/** Everything in a consumer config that a server of this version doesn't have. */
export const unsupportedConsumer = (config: ConsumerConfig, version: string): Unsupported[] =>
  missing(CONSUMER_CAPABILITIES, normalizeConsumer(config), version);

export interface RefusedOptions {
  /** Names the property that a wire field is declared by. Default: as for a plain stream. */
  readonly property?: (field: string) => string;
  /** The server is not in a cluster. Default: false, not known. */
  readonly standalone?: boolean;
}

const STANDALONE: ImmutableRule<StreamConfig> = {
  field: "num_replicas",
  broken: (before, after) => before.num_replicas !== after.num_replicas && (after.num_replicas ?? 1) > 1,
  reason: "the server is not in a cluster: it can't keep more than one replica",
};

/** Changes of a live stream that a server of this version refuses to make in place. */
export const refusedChanges = (
  live: StreamConfig,
  next: StreamConfig,
  version: string,
  { property = (name) => STREAM_PROPERTIES[name] ?? name, standalone = false }: RefusedOptions = {},
): Change[] => {
  const rules = standalone ? [...STREAM_RULES, STANDALONE] : STREAM_RULES;
  const [before, after] = [normalizeStream(live), normalizeStream(next)];
  return refusals(brokenRules(rules, before, after, version), before, after, property);
};

/** The same for a consumer. */
export const refusedConsumerChanges = (
  live: ConsumerConfig,
  next: ConsumerConfig,
  version: string,
): Change[] => {
  const [before, after] = [normalizeConsumer(live), normalizeConsumer(next)];
  const property = (name: string): string => CONSUMER_PROPERTIES[name] ?? name;
  return refusals(brokenRules(CONSUMER_RULES, before, after, version), before, after, property);
};

const refusals = <C extends object>(
  rules: readonly ImmutableRule<C>[],
  before: C,
  after: C,
  property: (field: string) => string,
): Change[] =>
  rules
    .map(
      ({ field, reason, until }): Change => ({
        path: property(field),
        before: before[field],
        after: after[field],
        effect: "refused",
        reason,
        remedy: remedyOf(until),
      }),
    )
    .sort((a, b) => bytewise(a.path, b.path));

const remedyOf = (until: string | undefined): string =>
  until === undefined
    ? "set allowReplace: true to delete it and create it anew, or keep the property as it is"
    : `update the server to ${until} or later, or keep the property as it is`;
