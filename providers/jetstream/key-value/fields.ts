import { z } from "zod";
import { bytes } from "../bytes.ts";
import { duration, MILLISECOND, SECOND } from "../duration.ts";
import {
  bucketSource,
  description,
  flag,
  metadata,
  oneOf,
  placement,
  protection,
  replicas,
  republish,
  text,
  whole,
} from "../fields.ts";
import { bucketProblem, KEY_VALUE_PREFIX } from "../names.ts";

/** Most revisions per key. A rule of the clients: the server would take more. */
export const MAX_HISTORY = 64;

/** Least age that the server takes above zero. */
const LEAST_TTL_MS = 100 * MILLISECOND;

const bucket = () => text("a bucket name", (name) => bucketProblem(name, KEY_VALUE_PREFIX));

/** Every property of a bucket. `Updatable` means in place, with the stored keys kept unless it says otherwise. */
export const keyValueFields = {
  /** Letters, digits, `-` and `_`, at most 252. Its stream is `KV_<bucket>`. Changing it replaces the bucket. */
  bucket: bucket(),
  /** Up to 4096 bytes. Updatable. */
  description: description().optional(),
  /** Revisions kept per key, 1 to 64. Default: 1. Updatable; lower deletes the oldest, and watchers replay what is kept. */
  history: whole(1, MAX_HISTORY).optional(),
  /** Age at which a revision goes, 100ms or more. Default: none. Updatable; deletes what is older. */
  ttl: duration({ least: LEAST_TTL_MS }).optional(),
  /** Largest value in bytes, at most 2GiB - 1. Default: unlimited. Updatable; larger values that are there stay readable. */
  maxValueSize: bytes.optional(),
  /** Most bytes, also reserved on the server. Default: unlimited, reserves nothing. Updatable; when full, writes fail. */
  maxBytes: bytes.optional(),
  /** Default: `file`. Changing it is refused without allowReplace. `memory` loses everything at a restart with one replica. */
  storage: oneOf(["file", "memory"]).optional(),
  /** Copies in the cluster, 1 to 5. Default: 1. Updatable, not together with placement. */
  replicas: replicas().optional(),
  /** Which servers hold it. Default: any. Updatable: moves the data; not together with replicas. */
  placement: placement().optional(),
  /** Publishes a copy of each change. Updatable since 2.10. */
  republish: republish().optional(),
  /** The bucket that this is a copy of. Changing it is refused without allowReplace; removing it promotes the copy, since 2.12. */
  mirror: bucketSource(bucket()).optional(),
  /** Buckets that are copied into this one; a set. Updatable since 2.10. */
  sources: z
    .array(bucketSource(bucket()), { error: "is not a list of origins: give [{bucket: ...}]" })
    .optional(),
  /** Since 2.10. Default: false. Updatable; earlier values stay readable. */
  compression: flag().optional(),
  /** Since 2.11. Age of the marker that a key leaves when it expires, 1s or more. Updatable; once set, only a replacement takes it away. */
  limitMarkerTtl: duration({ least: SECOND }).optional(),
  /** Since 2.10. Up to 128 KiB together; keys under `_nats.` and `slipway.` are reserved. Updatable. */
  metadata: metadata().optional(),
  ...protection,
} as const;

/** A bucket's properties, each read by itself. */
export type KeyValueFields = z.output<z.ZodObject<typeof keyValueFields>>;
