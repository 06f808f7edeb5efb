import {
  canonicalOrigin,
  canonicalOrigins,
  canonicalPlacement,
  canonicalRepublish,
  compact,
  unlessEmpty,
} from "../canonical.ts";
import { defaultDuplicateWindow } from "../defaults.ts";
import { PROTECTION_DEFAULTS } from "../fields.ts";
import { sortedSet } from "../parsed.ts";
import type { StreamFields } from "./fields.ts";

const DEFAULTS = {
  ...PROTECTION_DEFAULTS,
  description: "",
  retention: "limits",
  storage: "file",
  discard: "old",
  discardNewPerSubject: false,
  replicas: 1,
  noAck: false,
  compression: "none",
  firstSeq: 1,
  allowDirect: false,
  mirrorDirect: false,
  allowRollup: false,
  denyDelete: false,
  denyPurge: false,
  sealed: false,
  allowMsgTtl: false,
  allowMsgCounter: false,
  allowAtomic: false,
  allowMsgSchedules: false,
  persistMode: "default",
  allowBatched: false,
  metadata: {},
} as const;

/** The one form of a stream's declaration: what the server would fill in, turn on or turn off by itself is left out. */
export const canonicalStream = (declared: StreamFields): StreamFields => {
  const stream = declared.sealed === true ? { ...declared, ...UNSETTABLE_WHEN_SEALED } : declared;
  const isCopy = stream.mirror !== undefined || (stream.sources ?? []).length > 0;
  return compact<StreamFields>(
    {
      ...stream,
      subjects: stream.subjects && unlessEmpty(sortedSet(stream.subjects)),
      placement: canonicalPlacement(stream.placement),
      mirror: stream.mirror && canonicalStreamOrigin(stream.mirror),
      sources: canonicalOrigins(stream.sources?.map(canonicalStreamOrigin)),
      subjectTransform: stream.subjectTransform && canonicalTransform(stream.subjectTransform),
      consumerLimits: unlessEmpty(compact(stream.consumerLimits ?? {})),
      republish: canonicalRepublish(stream.republish),
    },
    {
      ...DEFAULTS,
      subjects: isCopy ? [] : [stream.name],
      duplicateWindow: stream.mirror === undefined ? defaultDuplicateWindow(stream.maxAge) : undefined,
      allowMsgTtl: stream.subjectDeleteMarkerTtl !== undefined,
      allowRollup: turnsRollupOn(stream),
    },
  );
};

/** Sealing sets these on the server whatever was asked: nothing comes, goes, ages out or is rolled up. */
const UNSETTABLE_WHEN_SEALED = {
  discard: undefined,
  maxAge: undefined,
  denyDelete: undefined,
  denyPurge: undefined,
  allowRollup: undefined,
} as const;

/** Properties that make the server allow roll-ups whatever was asked. */
export const turnsRollupOn = (
  stream: Pick<StreamFields, "subjectDeleteMarkerTtl" | "allowMsgSchedules">,
): boolean => stream.subjectDeleteMarkerTtl !== undefined || stream.allowMsgSchedules === true;

type Origin = NonNullable<StreamFields["mirror"]>;
type Transform = NonNullable<StreamFields["subjectTransform"]>;

const canonicalTransform = (transform: Transform): Transform => compact(transform, { src: ">" });

const canonicalStreamOrigin = (origin: Origin): Origin =>
  canonicalOrigin({
    ...origin,
    subjectTransforms: unlessEmpty(origin.subjectTransforms?.map(canonicalTransform)),
  });
