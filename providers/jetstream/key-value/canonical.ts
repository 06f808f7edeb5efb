import {
  canonicalOrigin,
  canonicalOrigins,
  canonicalPlacement,
  canonicalRepublish,
  compact,
} from "../canonical.ts";
import { PROTECTION_DEFAULTS } from "../fields.ts";
import type { KeyValueFields } from "./fields.ts";

const DEFAULTS = {
  ...PROTECTION_DEFAULTS,
  description: "",
  history: 1,
  storage: "file",
  replicas: 1,
  compression: false,
  metadata: {},
} as const;

/** The one form of a bucket's declaration. */
export const canonicalKeyValue = (bucket: KeyValueFields): KeyValueFields =>
  compact<KeyValueFields>(
    {
      ...bucket,
      placement: canonicalPlacement(bucket.placement),
      republish: canonicalRepublish(bucket.republish),
      mirror: bucket.mirror && canonicalOrigin(bucket.mirror),
      sources: canonicalOrigins(bucket.sources),
    },
    DEFAULTS,
  );
