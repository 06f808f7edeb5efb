import type { Kind } from "../../kernel/kind.ts";
import type { OpenBackend } from "../effects.ts";
import { streamStorage } from "../storage.ts";
import type { StorageComputed } from "../storage-effects.ts";
import { storageKind } from "../storage-kind.ts";
import type { StreamInput } from "./schema.ts";

/** The kind over whatever server `open` gives. */
export const streamKind = (open: OpenBackend): Kind<StreamInput, StorageComputed> =>
  storageKind(streamStorage, open);
