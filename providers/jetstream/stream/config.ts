import type { StreamConfig, StreamSource } from "../../../clients/nats/wire.ts";
import { UNLIMITED } from "../bytes.ts";
import { compact } from "../canonical.ts";
import { defaultDuplicateWindow } from "../defaults.ts";
import { wireDuration } from "../duration.ts";
import { lifecycleOf, marked, type ToConfigOptions } from "../lifecycle.ts";
import { userMetadata } from "../mark.ts";
import { normalizeStream } from "../normalize.ts";
import { originFromWire, originToWire } from "../origin.ts";
import {
  bytesFromWire,
  bytesToWire,
  durationFromWire,
  durationToWire,
  limitFromWire,
  republishFromWire,
  republishToWire,
} from "../scalars.ts";
import { canonicalStream, turnsRollupOn } from "./canonical.ts";
import type { StreamInput } from "./schema.ts";

/** Which property each wire field is declared by. */
export const STREAM_PROPERTIES: Readonly<Record<string, string>> = {
  max_consumers: "maxConsumers",
  max_msgs: "maxMsgs",
  max_bytes: "maxBytes",
  max_age: "maxAge",
  max_msgs_per_subject: "maxMsgsPerSubject",
  max_msg_size: "maxMsgSize",
  discard_new_per_subject: "discardNewPerSubject",
  num_replicas: "replicas",
  no_ack: "noAck",
  duplicate_window: "duplicateWindow",
  first_seq: "firstSeq",
  subject_transform: "subjectTransform",
  consumer_limits: "consumerLimits",
  allow_direct: "allowDirect",
  mirror_direct: "mirrorDirect",
  allow_rollup_hdrs: "allowRollup",
  deny_delete: "denyDelete",
  deny_purge: "denyPurge",
  allow_msg_ttl: "allowMsgTtl",
  subject_delete_marker_ttl: "subjectDeleteMarkerTtl",
  allow_msg_counter: "allowMsgCounter",
  allow_atomic: "allowAtomic",
  allow_msg_schedules: "allowMsgSchedules",
  persist_mode: "persistMode",
  allow_batched: "allowBatched",
};

/**
 * The whole desired config. Fields that a 2.9 server knows are always there; later ones only where they differ from the
 * default, because strict servers refuse what they don't know.
 */
export const streamToConfig = (input: StreamInput, options: ToConfigOptions = {}): StreamConfig => {
  const isCopy = input.mirror !== undefined || input.sources !== undefined;
  const sealed = input.sealed === true;
  const config: StreamConfig = compact<StreamConfig>({
    name: input.name,
    description: input.description,
    subjects: input.subjects ?? (isCopy ? undefined : [input.name]),
    retention: input.retention ?? "limits",
    storage: input.storage ?? "file",
    max_consumers: input.maxConsumers ?? UNLIMITED,
    max_msgs: input.maxMsgs ?? UNLIMITED,
    max_bytes: bytesToWire(input.maxBytes),
    max_age: durationToWire(input.maxAge) ?? 0,
    max_msgs_per_subject: input.maxMsgsPerSubject ?? UNLIMITED,
    max_msg_size: bytesToWire(input.maxMsgSize),
    discard: sealed ? "new" : (input.discard ?? "old"),
    discard_new_per_subject: input.discardNewPerSubject ?? false,
    num_replicas: input.replicas ?? 1,
    no_ack: input.noAck ?? false,
    duplicate_window:
      input.mirror === undefined
        ? wireDuration(input.duplicateWindow ?? defaultDuplicateWindow(input.maxAge))
        : undefined,
    placement: input.placement,
    mirror: input.mirror && streamOriginToWire(input.mirror),
    sources: input.sources?.map(streamOriginToWire),
    compression: input.compression,
    first_seq: input.firstSeq,
    subject_transform: input.subjectTransform && compact({ ...input.subjectTransform }),
    consumer_limits:
      input.consumerLimits &&
      compact({
        inactive_threshold: durationToWire(input.consumerLimits.inactiveThreshold),
        max_ack_pending: input.consumerLimits.maxAckPending,
      }),
    republish: republishToWire(input.republish),
    allow_direct: input.allowDirect ?? false,
    mirror_direct: input.mirrorDirect ?? false,
    allow_rollup_hdrs: !sealed && (input.allowRollup ?? turnsRollupOn(input)),
    deny_delete: sealed || (input.denyDelete ?? false),
    deny_purge: sealed || (input.denyPurge ?? false),
    sealed,
    metadata: input.metadata,
    allow_msg_ttl: input.allowMsgTtl ?? (input.subjectDeleteMarkerTtl === undefined ? undefined : true),
    subject_delete_marker_ttl: durationToWire(input.subjectDeleteMarkerTtl),
    allow_msg_counter: input.allowMsgCounter,
    allow_atomic: input.allowAtomic,
    allow_msg_schedules: input.allowMsgSchedules,
    persist_mode: input.persistMode,
    allow_batched: input.allowBatched,
  } as StreamConfig);
  return marked(config, input, "refuse", options);
};

type Origin = NonNullable<StreamInput["mirror"]>;

const streamOriginToWire = (origin: Origin): StreamSource =>
  originToWire(origin.name, origin, {
    filter_subject: origin.filterSubject,
    subject_transforms: origin.subjectTransforms,
    consumer: origin.consumer && {
      name: origin.consumer.name,
      deliver_subject: origin.consumer.deliverSubject,
    },
  } as Partial<StreamSource>);

const streamOriginFromWire = (source: StreamSource): Origin => ({
  ...originFromWire(source),
  name: source.name,
  filterSubject: source.filter_subject,
  subjectTransforms: source.subject_transforms,
  consumer: source.consumer && {
    name: source.consumer.name ?? "",
    deliverSubject: source.consumer.deliver_subject ?? "",
  },
});

/**
 * The declaration that a live config answers to. `like` is the one that it is compared with: it gives what a config
 * can't tell, such as the owner where the server keeps no metadata.
 */
export const streamFromConfig = (config: StreamConfig, like?: StreamInput): StreamInput => {
  const live = normalizeStream(config);
  return canonicalStream({
    ...lifecycleOf(config, like),
    name: live.name,
    description: live.description,
    subjects: live.subjects,
    retention: live.retention,
    storage: live.storage,
    maxConsumers: limitFromWire(live.max_consumers),
    maxMsgs: limitFromWire(live.max_msgs),
    maxBytes: bytesFromWire(live.max_bytes),
    maxAge: durationFromWire(live.max_age),
    maxMsgsPerSubject: limitFromWire(live.max_msgs_per_subject),
    maxMsgSize: bytesFromWire(live.max_msg_size),
    discard: live.discard,
    discardNewPerSubject: live.discard_new_per_subject,
    replicas: live.num_replicas,
    noAck: live.no_ack,
    duplicateWindow: durationFromWire(live.duplicate_window),
    placement: live.placement && { cluster: live.placement.cluster, tags: live.placement.tags },
    mirror: live.mirror && streamOriginFromWire(live.mirror),
    sources: live.sources?.map(streamOriginFromWire),
    compression: live.compression,
    firstSeq: live.first_seq,
    subjectTransform: live.subject_transform,
    consumerLimits: {
      inactiveThreshold: durationFromWire(live.consumer_limits?.inactive_threshold),
      maxAckPending: live.consumer_limits?.max_ack_pending,
    },
    republish: republishFromWire(live.republish),
    allowDirect: live.allow_direct,
    mirrorDirect: live.mirror_direct ?? like?.mirrorDirect,
    allowRollup: live.allow_rollup_hdrs,
    denyDelete: live.deny_delete,
    denyPurge: live.deny_purge,
    sealed: live.sealed,
    metadata: userMetadata(live),
    allowMsgTtl: live.allow_msg_ttl,
    subjectDeleteMarkerTtl: durationFromWire(live.subject_delete_marker_ttl),
    allowMsgCounter: live.allow_msg_counter,
    allowAtomic: live.allow_atomic,
    allowMsgSchedules: live.allow_msg_schedules,
    persistMode: live.persist_mode,
    allowBatched: live.allow_batched,
  });
};
