import type { Kind } from "../kernel/kind.ts";
import type { OpenBackend } from "./effects.ts";
import { TRANSIENT_KEYS } from "./fields.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { planStorage } from "./plan.ts";
import type { StorageKind } from "./storage.ts";
import { type StorageComputed, storageEffects } from "./storage-effects.ts";

/** Version of what is stored of a stream, bucket or object store. */
const STORAGE_VERSION = 1;

const COMPUTED_KEYS = ["created"] as const satisfies readonly (keyof StorageComputed)[];

/** What a program's class needs to know of a kind of storage. */
export const storageFacts = <I extends Lifecycle & object>({ kind, schema }: StorageKind<I>) => ({
  name: kind,
  schema,
  computedKeys: COMPUTED_KEYS,
});

/** A kind of storage, put together for the kernel. */
export const storageKind = <I extends Lifecycle & object>(
  storage: StorageKind<I>,
  open: OpenBackend,
): Kind<I, StorageComputed> => ({
  ...storageFacts(storage),
  version: STORAGE_VERSION,
  migrations: [],
  transientKeys: TRANSIENT_KEYS,
  plan: (prior, next) => planStorage(storage, prior, next),
  ...storageEffects(storage, open),
});
