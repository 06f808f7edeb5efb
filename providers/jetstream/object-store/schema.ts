import { z } from "zod";
import { bytes } from "../bytes.ts";
import { canonicalPlacement, compact } from "../canonical.ts";
import { duration, MILLISECOND } from "../duration.ts";
import {
  description,
  flag,
  metadata,
  oneOf,
  PROTECTION_DEFAULTS,
  placement,
  protection,
  replicas,
  text,
  unknownKeys,
} from "../fields.ts";
import { bucketProblem, OBJECT_STORE_PREFIX } from "../names.ts";

/** Least age that the server takes above zero. */
const LEAST_TTL_MS = 100 * MILLISECOND;

/** Every property of an object store. `Updatable` means in place, with the stored objects kept unless it says otherwise. */
const objectStoreFields = {
  /** Letters, digits, `-` and `_`, at most 251. Its stream is `OBJ_<bucket>`. Changing it replaces the store. */
  bucket: text("a bucket name", (name) => bucketProblem(name, OBJECT_STORE_PREFIX)),
  /** Up to 4096 bytes. Updatable. */
  description: description().optional(),
  /** Age at which a chunk goes, 100ms or more. Default: none. Updatable; deletes what is older. */
  ttl: duration({ least: LEAST_TTL_MS }).optional(),
  /** Most bytes, also reserved on the server. Default: unlimited, reserves nothing. Updatable; when full, puts fail. */
  maxBytes: bytes.optional(),
  /** Default: `file`. Changing it is refused without allowReplace. `memory` loses everything at a restart with one replica. */
  storage: oneOf(["file", "memory"]).optional(),
  /** Copies in the cluster, 1 to 5. Default: 1. Updatable, not together with placement. */
  replicas: replicas().optional(),
  /** Which servers hold it. Default: any. Updatable: moves the data; not together with replicas. */
  placement: placement().optional(),
  /** Since 2.10. Default: false. Updatable; earlier objects stay readable. */
  compression: flag().optional(),
  /** Since 2.10. Up to 128 KiB together; keys under `_nats.` and `slipway.` are reserved. Updatable. */
  metadata: metadata().optional(),
  /** Freezes the store: no object comes or goes. Default: false. Once true, only a replacement turns it off. */
  sealed: flag().optional(),
  ...protection,
} as const;

const DEFAULTS = {
  ...PROTECTION_DEFAULTS,
  description: "",
  storage: "file",
  replicas: 1,
  compression: false,
  sealed: false,
  metadata: {},
} as const;

type ObjectStoreFields = z.output<z.ZodObject<typeof objectStoreFields>>;

/** The one form of an object store's declaration. A sealed one has no ttl: the server takes it away. */
export const canonicalObjectStore = (store: ObjectStoreFields): ObjectStoreFields =>
  compact<ObjectStoreFields>(
    {
      ...store,
      placement: canonicalPlacement(store.placement),
      ttl: store.sealed === true ? undefined : store.ttl,
    },
    DEFAULTS,
  );

const known = Object.keys(objectStoreFields).join(", ");

/** An object store as a user declares it; parses to canonical form: defaults left out, sets sorted, one spelling. */
export const objectStoreSchema = z
  .strictObject(objectStoreFields, { error: unknownKeys(known, "an object store: {bucket, ...}") })
  .transform(canonicalObjectStore);

/** Canonical. */
export type ObjectStoreInput = z.output<typeof objectStoreSchema>;
/** As declared. */
export type ObjectStoreDeclaration = z.input<typeof objectStoreSchema>;
