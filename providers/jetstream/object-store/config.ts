import type { StreamConfig } from "../../../clients/nats/wire.ts";
import { UNLIMITED } from "../bytes.ts";
import { compact } from "../canonical.ts";
import { defaultDuplicateWindow } from "../defaults.ts";
import { wireDuration } from "../duration.ts";
import { lifecycleOf, marked, type ToConfigOptions } from "../lifecycle.ts";
import { userMetadata } from "../mark.ts";
import { OBJECT_STORE_PREFIX } from "../names.ts";
import { normalizeStream } from "../normalize.ts";
import { bytesFromWire, bytesToWire, durationFromWire, durationToWire } from "../scalars.ts";
import { shapeProblems } from "../shape.ts";
import { objectStoreSubjects } from "../subjects.ts";
import { canonicalObjectStore, type ObjectStoreInput } from "./schema.ts";

/** Which property each wire field of an object store's stream is declared by; the others are the store's own shape. */
export const OBJECT_STORE_PROPERTIES: Readonly<Record<string, string>> = {
  name: "bucket",
  max_age: "ttl",
  duplicate_window: "ttl",
  max_bytes: "maxBytes",
  num_replicas: "replicas",
};

export const objectStoreStream = (bucket: string): string => `${OBJECT_STORE_PREFIX}${bucket}`;

/**
 * The stream that holds an object store. It discards `new`, always: with `old` the server would evict chunk by chunk
 * and leave objects listed that can't be read any more.
 */
export const objectStoreToConfig = (input: ObjectStoreInput, options: ToConfigOptions = {}): StreamConfig => {
  const sealed = input.sealed === true;
  const config = compact<StreamConfig>({
    name: objectStoreStream(input.bucket),
    description: input.description,
    subjects: objectStoreSubjects(input.bucket),
    retention: "limits",
    storage: input.storage ?? "file",
    max_consumers: UNLIMITED,
    max_msgs: UNLIMITED,
    max_bytes: bytesToWire(input.maxBytes),
    max_age: durationToWire(input.ttl) ?? 0,
    max_msgs_per_subject: UNLIMITED,
    max_msg_size: UNLIMITED,
    discard: "new",
    discard_new_per_subject: false,
    num_replicas: input.replicas ?? 1,
    no_ack: false,
    duplicate_window: wireDuration(defaultDuplicateWindow(input.ttl)),
    placement: input.placement,
    compression: input.compression === true ? "s2" : undefined,
    allow_direct: true,
    mirror_direct: false,
    allow_rollup_hdrs: !sealed,
    deny_delete: sealed,
    deny_purge: sealed,
    sealed,
    metadata: input.metadata,
  } as StreamConfig);
  return marked(config, input, "refuse", options);
};

/** The declaration that a live object store answers to; see `streamFromConfig`. */
export const objectStoreFromConfig = (config: StreamConfig, like?: ObjectStoreInput): ObjectStoreInput => {
  const live = normalizeStream(config);
  return canonicalObjectStore({
    ...lifecycleOf(config, like),
    bucket: live.name.slice(OBJECT_STORE_PREFIX.length),
    description: live.description,
    ttl: durationFromWire(live.max_age),
    maxBytes: bytesFromWire(live.max_bytes),
    storage: live.storage,
    replicas: live.num_replicas,
    placement: live.placement && { cluster: live.placement.cluster, tags: live.placement.tags },
    compression: live.compression === "s2",
    metadata: userMetadata(live),
    sealed: live.sealed,
  });
};

/** What keeps a stream from being an object store, a line each. */
export const verifyObjectStoreShape = (config: StreamConfig): string[] => {
  const sealed = config.sealed === true;
  return shapeProblems(config, {
    prefix: OBJECT_STORE_PREFIX,
    subjects: objectStoreSubjects(config.name.slice(OBJECT_STORE_PREFIX.length)),
    fields: {
      retention: "limits",
      discard: "new",
      max_msgs_per_subject: UNLIMITED,
      allow_rollup_hdrs: !sealed,
      deny_delete: sealed,
      deny_purge: sealed,
    },
  });
};
