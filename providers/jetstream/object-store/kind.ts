import type { Kind } from "../../kernel/kind.ts";
import type { OpenBackend } from "../effects.ts";
import { objectStoreStorage } from "../storage.ts";
import type { StorageComputed } from "../storage-effects.ts";
import { storageKind } from "../storage-kind.ts";
import type { ObjectStoreInput } from "./schema.ts";

/** The kind over whatever server `open` gives. */
export const objectStoreKind = (open: OpenBackend): Kind<ObjectStoreInput, StorageComputed> =>
  storageKind(objectStoreStorage, open);
