import type { StreamConfig, StreamSource } from "../../clients/nats/wire.ts";
import { UNLIMITED } from "./bytes.ts";
import { compact, sameValue, stableText, unlessEmpty } from "./canonical.ts";
import { defaultDuplicateWindowMs } from "./defaults.ts";
import { fromWireNanos, toWireNanos } from "./duration.ts";
import { canonicalInstant } from "./fields.ts";
import { withoutServerMetadata } from "./mark.ts";
import { bytewise, sortedSet } from "./parsed.ts";

/**
 * The canonical total form of a config: what a server of any version makes of the same wishes is equal in it. Two
 * configs mean the same when their forms are equal; server metadata and unknown fields are no part of it.
 */

/** A field that differs between two canonical forms. */
export interface Difference {
  /** The wire name: `max_bytes`. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Everything that matches; what the server fills in for an absent source of a republish. */
const EVERYTHING = ">";

/** Sub-millisecond values of other tools are rounded to what this program can say. */
export const roundNanos = (nanoseconds: number | undefined): number =>
  toWireNanos(fromWireNanos(nanoseconds ?? 0));

const limitOf = (value: number | undefined): number =>
  value === undefined || value <= 0 ? UNLIMITED : value;
const textOf = (value: string | undefined): string | undefined => (value === "" ? undefined : value);
const positive = (value: number | undefined): number | undefined =>
  value === undefined || value <= 0 ? undefined : value;

const STREAM_FLAGS = [
  "no_ack",
  "discard_new_per_subject",
  "allow_direct",
  "allow_rollup_hdrs",
  "deny_delete",
  "deny_purge",
  "sealed",
  "allow_msg_ttl",
  "allow_msg_counter",
  "allow_atomic",
  "allow_msg_schedules",
  "allow_batched",
] as const satisfies readonly (keyof StreamConfig)[];

const STREAM_FIELDS: ReadonlySet<string> = new Set<keyof StreamConfig>([
  ...STREAM_FLAGS,
  "name",
  "description",
  "subjects",
  "retention",
  "storage",
  "max_consumers",
  "max_msgs",
  "max_bytes",
  "max_age",
  "max_msgs_per_subject",
  "max_msg_size",
  "discard",
  "num_replicas",
  "duplicate_window",
  "placement",
  "mirror",
  "mirror_direct",
  "sources",
  "compression",
  "first_seq",
  "subject_transform",
  "consumer_limits",
  "republish",
  "metadata",
  "subject_delete_marker_ttl",
  "persist_mode",
]);

/** The canonical total form of a stream config. Idempotent. */
export const normalizeStream = (config: StreamConfig): StreamConfig => {
  const flags = Object.fromEntries(STREAM_FLAGS.map((flag) => [flag, config[flag] === true]));
  const markers = roundNanos(config.subject_delete_marker_ttl);
  const sealed = config.sealed === true;
  const maxAge = sealed ? 0 : roundNanos(config.max_age);
  const isCopy = config.mirror !== undefined || (config.sources ?? []).length > 0;
  const normalized: Partial<Record<keyof StreamConfig, unknown>> = {
    ...flags,
    name: config.name,
    description: textOf(config.description),
    subjects: subjectsOf(config, isCopy),
    retention: config.retention ?? "limits",
    storage: config.storage ?? "file",
    max_consumers: limitOf(config.max_consumers),
    max_msgs: limitOf(config.max_msgs),
    max_bytes: limitOf(config.max_bytes),
    max_age: maxAge,
    max_msgs_per_subject: limitOf(config.max_msgs_per_subject),
    max_msg_size: limitOf(config.max_msg_size),
    discard: sealed ? "new" : (config.discard ?? "old"),
    num_replicas: Math.max(config.num_replicas ?? 1, 1),
    duplicate_window: config.mirror === undefined ? windowOf(config.duplicate_window, maxAge) : undefined,
    placement: placementOf(config.placement),
    mirror: config.mirror === undefined ? undefined : normalizeOrigin(config.mirror),
    // Where the server sees the origin, it takes the origin's allow_direct whatever was asked.
    mirror_direct: seesOrigin(config) ? undefined : config.mirror_direct === true,
    sources: originsOf(config.sources),
    compression: config.compression ?? "none",
    first_seq: (config.first_seq ?? 0) > 1 ? config.first_seq : undefined,
    subject_transform: config.subject_transform && transformOf(config.subject_transform),
    consumer_limits: unlessEmpty(
      compact({
        inactive_threshold: positive(roundNanos(config.consumer_limits?.inactive_threshold)),
        max_ack_pending: positive(config.consumer_limits?.max_ack_pending),
      }),
    ),
    republish: republishOf(config.republish),
    metadata: withoutServerMetadata(config).metadata,
    subject_delete_marker_ttl: positive(markers),
    persist_mode: config.persist_mode ?? "default",
    allow_msg_ttl: config.allow_msg_ttl === true || markers > 0,
    allow_rollup_hdrs:
      !sealed && (config.allow_rollup_hdrs === true || config.allow_msg_schedules === true || markers > 0),
    deny_delete: sealed || config.deny_delete === true,
    deny_purge: sealed || config.deny_purge === true,
  };
  return compact(normalized) as unknown as StreamConfig;
};

const seesOrigin = ({ mirror }: StreamConfig): boolean =>
  mirror !== undefined && mirror.external === undefined;

const subjectsOf = (config: StreamConfig, isCopy: boolean): string[] | undefined => {
  if (config.subjects !== undefined && config.subjects.length > 0) return sortedSet(config.subjects);
  return isCopy ? undefined : [config.name];
};

const windowOf = (window: number | undefined, maxAge: number): number => {
  const rounded = roundNanos(window);
  return rounded > 0 ? rounded : toWireNanos(defaultDuplicateWindowMs(fromWireNanos(maxAge)));
};

const placementOf = (placement: StreamConfig["placement"]) =>
  placement === undefined
    ? undefined
    : unlessEmpty(
        compact({
          cluster: textOf(placement.cluster),
          tags: placement.tags && unlessEmpty(sortedSet(placement.tags)),
          preferred: textOf(placement.preferred),
        }),
      );

const transformOf = ({ src, dest }: { src?: string; dest: string }) =>
  compact({ src: src === "" || src === EVERYTHING ? undefined : src, dest });

const republishOf = (republish: StreamConfig["republish"]) =>
  republish === undefined
    ? undefined
    : {
        src: textOf(republish.src) ?? EVERYTHING,
        dest: republish.dest,
        headers_only: republish.headers_only === true,
      };

/** One origin; a start time as the instant that it is. */
export const normalizeOrigin = (origin: StreamSource): StreamSource =>
  compact({
    name: origin.name,
    opt_start_seq: positive(origin.opt_start_seq),
    opt_start_time:
      origin.opt_start_time && (canonicalInstant(origin.opt_start_time) ?? origin.opt_start_time),
    filter_subject: origin.filter_subject === EVERYTHING ? undefined : textOf(origin.filter_subject),
    subject_transforms: origin.subject_transforms && unlessEmpty(origin.subject_transforms.map(transformOf)),
    external:
      origin.external && compact({ api: origin.external.api, deliver: textOf(origin.external.deliver) }),
    consumer: origin.consumer && unlessEmpty(compact({ ...origin.consumer })),
  }) as StreamSource;

const originsOf = (origins: readonly StreamSource[] | undefined): StreamSource[] | undefined =>
  origins === undefined || origins.length === 0
    ? undefined
    : origins.map(normalizeOrigin).sort((a, b) => bytewise(stableText(a), stableText(b)));

/** Fields of two canonical forms that differ, in bytewise order. */
export const differences = (before: object, after: object): Difference[] => {
  const [left, right] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return sortedSet([...left.keys(), ...right.keys()])
    .filter((field) => !sameValue(left.get(field), right.get(field)))
    .map((field) => ({ field, before: left.get(field), after: right.get(field) }));
};

/** Fields of two stream configs that differ in meaning. */
export const streamDifferences = (before: StreamConfig, after: StreamConfig): Difference[] =>
  differences(normalizeStream(before), normalizeStream(after));

/**
 * Fields of a live stream that this program doesn't know, as a newer server or tool set them. They go back with every
 * update: a full config without them would reset them.
 */
export const unmanagedStreamFields = (config: object): Record<string, unknown> =>
  unknownFields(config, STREAM_FIELDS);

/** Members whose key is not in the set. */
export const unknownFields = (config: object, known: ReadonlySet<string>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(config).filter(([field, value]) => !known.has(field) && value !== undefined),
  );
