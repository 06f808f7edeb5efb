import type { Kind } from "../../kernel/kind.ts";
import type { OpenBackend } from "../effects.ts";
import { keyValueStorage } from "../storage.ts";
import type { StorageComputed } from "../storage-effects.ts";
import { storageKind } from "../storage-kind.ts";
import type { KeyValueInput } from "./schema.ts";

/** The kind over whatever server `open` gives. */
export const keyValueKind = (open: OpenBackend): Kind<KeyValueInput, StorageComputed> =>
  storageKind(keyValueStorage, open);
