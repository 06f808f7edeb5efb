import type { StreamConfig, StreamSource } from "../../../clients/nats/wire.ts";
import { UNLIMITED } from "../bytes.ts";
import { compact } from "../canonical.ts";
import { defaultDuplicateWindow } from "../defaults.ts";
import { wireDuration } from "../duration.ts";
import { lifecycleOf, marked, type ToConfigOptions } from "../lifecycle.ts";
import { userMetadata } from "../mark.ts";
import { KEY_VALUE_PREFIX } from "../names.ts";
import { normalizeStream } from "../normalize.ts";
import { originFromWire, originToWire } from "../origin.ts";
import {
  bytesFromWire,
  bytesToWire,
  durationFromWire,
  durationToWire,
  republishFromWire,
  republishToWire,
} from "../scalars.ts";
import { shapeProblems } from "../shape.ts";
import { keyValueSubjects } from "../subjects.ts";
import { canonicalKeyValue } from "./canonical.ts";
import type { KeyValueInput } from "./schema.ts";

/** Which property each wire field of a bucket's stream is declared by; the others are the bucket's own shape. */
export const KEY_VALUE_PROPERTIES: Readonly<Record<string, string>> = {
  name: "bucket",
  max_msgs_per_subject: "history",
  max_age: "ttl",
  duplicate_window: "ttl",
  max_msg_size: "maxValueSize",
  max_bytes: "maxBytes",
  num_replicas: "replicas",
  allow_msg_ttl: "limitMarkerTtl",
  subject_delete_marker_ttl: "limitMarkerTtl",
};

export const keyValueStream = (bucket: string): string => `${KEY_VALUE_PREFIX}${bucket}`;

/**
 * The stream that holds a bucket: a fixed shape that all clients agree on. Deletes of single messages are denied, as Go
 * and Rust make it; a key is purged by roll-up.
 */
export const keyValueToConfig = (input: KeyValueInput, options: ToConfigOptions = {}): StreamConfig => {
  const isMirror = input.mirror !== undefined;
  const config = compact<StreamConfig>({
    name: keyValueStream(input.bucket),
    description: input.description,
    subjects: isMirror ? undefined : keyValueSubjects(input.bucket),
    retention: "limits",
    storage: input.storage ?? "file",
    max_consumers: UNLIMITED,
    max_msgs: UNLIMITED,
    max_bytes: bytesToWire(input.maxBytes),
    max_age: durationToWire(input.ttl) ?? 0,
    max_msgs_per_subject: input.history ?? 1,
    max_msg_size: bytesToWire(input.maxValueSize),
    discard: "new",
    discard_new_per_subject: false,
    num_replicas: input.replicas ?? 1,
    no_ack: false,
    duplicate_window: isMirror ? undefined : wireDuration(defaultDuplicateWindow(input.ttl)),
    placement: input.placement,
    mirror: input.mirror && originToWire(keyValueStream(input.mirror.bucket), input.mirror),
    sources: input.sources?.map((source) => sourceToWire(source, input.bucket)),
    compression: input.compression === true ? "s2" : undefined,
    republish: republishToWire(input.republish),
    allow_direct: true,
    mirror_direct: isMirror,
    allow_rollup_hdrs: true,
    deny_delete: true,
    deny_purge: false,
    sealed: false,
    metadata: input.metadata,
    allow_msg_ttl: input.limitMarkerTtl === undefined ? undefined : true,
    subject_delete_marker_ttl: durationToWire(input.limitMarkerTtl),
  } as StreamConfig);
  return marked(config, input, "refuse", options);
};

type Origin = NonNullable<KeyValueInput["mirror"]>;

/** Keys of another bucket come under another prefix, so they are renamed on the way in. */
const sourceToWire = (origin: Origin, own: string): StreamSource => {
  const [src] = keyValueSubjects(origin.bucket);
  const [dest] = keyValueSubjects(own);
  return originToWire(
    keyValueStream(origin.bucket),
    origin,
    src === dest ? {} : ({ subject_transforms: [{ src, dest }] } as Partial<StreamSource>),
  );
};

const originBucket = (source: StreamSource): Origin => ({
  ...originFromWire(source),
  bucket: source.name.startsWith(KEY_VALUE_PREFIX) ? source.name.slice(KEY_VALUE_PREFIX.length) : source.name,
});

/** The declaration that a live bucket answers to; see `streamFromConfig`. */
export const keyValueFromConfig = (config: StreamConfig, like?: KeyValueInput): KeyValueInput => {
  const live = normalizeStream(config);
  return canonicalKeyValue({
    ...lifecycleOf(config, like),
    bucket: live.name.slice(KEY_VALUE_PREFIX.length),
    description: live.description,
    history: Math.max(live.max_msgs_per_subject ?? 1, 1),
    ttl: durationFromWire(live.max_age),
    maxValueSize: bytesFromWire(live.max_msg_size),
    maxBytes: bytesFromWire(live.max_bytes),
    storage: live.storage,
    replicas: live.num_replicas,
    placement: live.placement && { cluster: live.placement.cluster, tags: live.placement.tags },
    republish: republishFromWire(live.republish),
    mirror: live.mirror && originBucket(live.mirror),
    sources: live.sources?.map(originBucket),
    compression: live.compression === "s2",
    limitMarkerTtl: durationFromWire(live.subject_delete_marker_ttl),
    metadata: userMetadata(live),
  });
};

/**
 * What keeps a stream from being a bucket, a line each. A `deny_delete` that is off is not among them: an update turns
 * it on. Neither is an unlimited history, which an update would cut down, as the forecast tells.
 */
export const verifyKeyValueShape = (config: StreamConfig): string[] => {
  const bucket = config.name.slice(KEY_VALUE_PREFIX.length);
  return shapeProblems(config, {
    prefix: KEY_VALUE_PREFIX,
    subjects: config.mirror === undefined ? keyValueSubjects(bucket) : undefined,
    fields: {
      retention: "limits",
      discard: "new",
      allow_rollup_hdrs: true,
      deny_purge: false,
      sealed: false,
    },
  });
};
