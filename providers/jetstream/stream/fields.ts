import { z } from "zod";
import { bytes } from "../bytes.ts";
import { MAX_INT32 } from "../defaults.ts";
import { duration, MILLISECOND, SECOND } from "../duration.ts";
import {
  description,
  flag,
  limit,
  metadata,
  oneOf,
  placement,
  protection,
  replicas,
  republish,
  setOf,
  streamSource,
  subject,
  subjectTransform,
  text,
  unknownKeys,
  whole,
} from "../fields.ts";
import { streamNameProblem } from "../names.ts";

/** Least age and window that the server takes above zero. */
const LEAST_AGE_MS = 100 * MILLISECOND;

/** Every property of a stream. `Updatable` means in place, with the stored messages kept unless it says otherwise. */
export const streamFields = {
  /** Up to 255 bytes without white space, dot, `*`, `>`, `/`, `\`. Changing it replaces the stream. */
  name: text("a stream name", streamNameProblem),
  /** Up to 4096 bytes. Updatable. */
  description: description().optional(),
  /** What the stream captures; a set. Default: its name, unless it is a mirror or has sources. Updatable. */
  subjects: setOf(subject(), "a list of subjects").optional(),
  /**
   * When messages go. Default: `limits`. Between `limits` and `interest` updatable since 2.10 (to `interest` deletes
   * what no consumer waits for); to and from `workqueue` refused without allowReplace.
   */
  retention: oneOf(["limits", "interest", "workqueue"]).optional(),
  /** Default: `file`. Changing it is refused without allowReplace. `memory` loses everything at a restart with one replica. */
  storage: oneOf(["file", "memory"]).optional(),
  /** Most consumers. Default: unlimited. Updatable since 2.12.6. */
  maxConsumers: limit(MAX_INT32).optional(),
  /** Most messages. Default: unlimited. Updatable; below what is held it deletes. */
  maxMsgs: limit().optional(),
  /** Most bytes, also reserved on the server. Default: unlimited, reserves nothing. Updatable; below what is held it deletes. */
  maxBytes: bytes.optional(),
  /** Longest age of a message, 100ms or more. Default: none. Updatable; deletes what is older. */
  maxAge: duration({ least: LEAST_AGE_MS }).optional(),
  /** Most messages of one subject. Default: unlimited. Updatable; deletes what is over. */
  maxMsgsPerSubject: limit().optional(),
  /** Largest message in bytes, at most 2GiB - 1. Default: unlimited. Updatable. */
  maxMsgSize: bytes.optional(),
  /** What gives way at a limit: the `old` messages or the `new` one. Default: `old`. Updatable. */
  discard: oneOf(["old", "new"]).optional(),
  /** Since 2.9.1. Also at maxMsgsPerSubject; needs discard `new` and maxMsgsPerSubject. Default: false. Updatable. */
  discardNewPerSubject: flag().optional(),
  /** Copies in the cluster, 1 to 5. Default: 1. Updatable, not together with placement. */
  replicas: replicas().optional(),
  /** Publishes get no acknowledgement. Default: false. Updatable. */
  noAck: flag().optional(),
  /** How long message ids are remembered, 100ms or more. Default: 2m, or maxAge when that is less. Updatable. */
  duplicateWindow: duration({ least: LEAST_AGE_MS }).optional(),
  /** Which servers hold it. Default: any. Updatable: moves the data; not together with replicas. */
  placement: placement().optional(),
  /** The stream that this is a copy of. Changing it is refused without allowReplace; removing it promotes the copy, since 2.12. */
  mirror: streamSource().optional(),
  /** Streams that are copied into this one; a set. Updatable. */
  sources: z.array(streamSource(), { error: "is not a list of origins: give [{name: ...}]" }).optional(),
  /** Since 2.10. Default: `none`. Updatable; earlier messages stay readable. */
  compression: oneOf(["none", "s2"]).optional(),
  /** Since 2.10. Sequence of the first message. Default: 1. Changing it is refused without allowReplace. */
  firstSeq: whole(1).optional(),
  /** Since 2.10. Renames subjects as messages come in. Updatable. */
  subjectTransform: subjectTransform().optional(),
  /** Since 2.10. Defaults and upper bounds for consumers. Updatable. */
  consumerLimits: z
    .strictObject(
      { inactiveThreshold: duration().optional(), maxAckPending: limit(MAX_INT32).optional() },
      {
        error: unknownKeys("inactiveThreshold, maxAckPending", "limits: {inactiveThreshold, maxAckPending}"),
      },
    )
    .optional(),
  /** Publishes a copy of each stored message. Updatable since 2.10. */
  republish: republish().optional(),
  /** Lets every replica answer direct gets. Default: false. Updatable. */
  allowDirect: flag().optional(),
  /** Lets a mirror answer direct gets. Default: false; the server takes the origin's allowDirect where it sees it. Updatable. */
  mirrorDirect: flag().optional(),
  /** Lets a message replace earlier ones by header. Default: false. Updatable. Not together with denyPurge. */
  allowRollup: flag().optional(),
  /** Forbids deleting single messages. Default: false. Once true, only a replacement turns it off. */
  denyDelete: flag().optional(),
  /** Forbids purging. Default: false. Once true, only a replacement turns it off. */
  denyPurge: flag().optional(),
  /** Freezes the stream: no message comes or goes. Default: false. Once true, only a replacement turns it off. */
  sealed: flag().optional(),
  /** Since 2.10. Up to 128 KiB together; keys under `_nats.` and `slipway.` are reserved. Updatable. */
  metadata: metadata().optional(),
  /** Since 2.11. Messages may carry their own time to live. Default: false. Once true, only a replacement turns it off. */
  allowMsgTtl: flag().optional(),
  /** Since 2.11. Leaves a marker of this age when the last message of a subject ages out, 1s or more. Updatable; turns allowMsgTtl and allowRollup on. */
  subjectDeleteMarkerTtl: duration({ least: SECOND }).optional(),
  /** Since 2.12. Messages are increments of counters. Default: false. Changing it is refused without allowReplace. */
  allowMsgCounter: flag().optional(),
  /** Since 2.12. Batches are published all or none. Default: false. Updatable. */
  allowAtomic: flag().optional(),
  /** Since 2.12. Messages may be scheduled; turns allowRollup on. Default: false. Once true, only a replacement turns it off. */
  allowMsgSchedules: flag().optional(),
  /** Since 2.12. `async` acknowledges before the disk has it. Default: `default`. Changing it is refused without allowReplace. */
  persistMode: oneOf(["default", "async"]).optional(),
  /** Since 2.14. Fast batches. Default: false. Updatable. */
  allowBatched: flag().optional(),
  ...protection,
} as const;

/** A stream's properties, each read by itself. */
export type StreamFields = z.output<z.ZodObject<typeof streamFields>>;
