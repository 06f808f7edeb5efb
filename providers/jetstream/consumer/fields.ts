import { z } from "zod";
import { bytes } from "../bytes.ts";
import { MAX_INT32 } from "../defaults.ts";
import { duration, MILLISECOND } from "../duration.ts";
import {
  description,
  flag,
  instant,
  limit,
  literalSubject,
  metadata,
  oneOf,
  ownership,
  setOf,
  subject,
  text,
  whole,
} from "../fields.ts";
import { consumerNameProblem, priorityGroupProblem, streamNameProblem } from "../names.ts";
import { show } from "../parsed.ts";

/** StreamMaxReplicas of nats-server. */
const MAX_REPLICAS = 5;
/** Least heartbeat of a push consumer. */
const LEAST_HEARTBEAT_MS = 100 * MILLISECOND;

const pendingProblem = ({ input }: { readonly input?: unknown }): string =>
  `${show(input)} is not allowed: give a whole number from 1 to ${MAX_INT32}, or "unlimited"`;

const SAMPLE = /^(\d{1,3})%?$/;

/** Percent of acknowledgements that are sampled: 50, "50" and "50%" are the same. */
const sampleFrequency = () =>
  z
    .union([z.string(), z.number()], {
      error: ({ input }) => `${show(input)} is not a percentage: give 0 to 100`,
    })
    .transform((value, context): number => {
      const percent = Number(SAMPLE.exec(String(value))?.[1] ?? Number.NaN);
      if (percent <= 100) return percent;
      context.issues.push({
        code: "custom",
        message: `${show(value)} is not a percentage: give a whole number from 0 to 100`,
        input: value,
      });
      return z.NEVER;
    });

/**
 * Every property of a durable consumer. `Updatable` means in place; `recreates` means refused without allowReplace, and
 * with it deleted and made again behind the last message that was acknowledged, so that no position is lost.
 */
export const consumerFields = {
  /** Name of its stream. Changing it replaces the consumer. */
  stream: text("the name of a stream", streamNameProblem),
  /** Its durable name, up to 255 bytes without white space, dot, `*`, `>`, `/`, `\`. Changing it replaces the consumer. */
  durable: text("a consumer name", consumerNameProblem),
  /** Up to 4096 bytes. Updatable. */
  description: description().optional(),
  /** Where a new consumer starts. Default: `all`. Recreates. */
  deliverPolicy: oneOf([
    "all",
    "last",
    "new",
    "by_start_sequence",
    "by_start_time",
    "last_per_subject",
  ]).optional(),
  /** First sequence; goes with `by_start_sequence`. Recreates. */
  optStartSeq: whole(1).optional(),
  /** First instant; goes with `by_start_time`. Recreates. */
  optStartTime: instant().optional(),
  /** How messages are acknowledged. Default: `explicit`. `flow_control` since 2.14. Recreates. */
  ackPolicy: oneOf(["none", "all", "explicit", "flow_control"]).optional(),
  /** How long an acknowledgement may take. Default: 30s, or the first backoff. Updatable. */
  ackWait: duration().optional(),
  /** Most deliveries of one message. Default: unlimited. Updatable. */
  maxDeliver: limit(MAX_INT32).optional(),
  /** Waits between deliveries, in order; at most maxDeliver of them. Updatable. Takes the place of ackWait. */
  backoff: z
    .array(duration(), { error: "is not a list of durations: give [1s, 5s, 1m]" })
    .transform((waits) => waits.map((wait) => wait ?? "0s"))
    .optional(),
  /** What it delivers. Default: everything. Updatable. Not together with filterSubjects. */
  filterSubject: subject().optional(),
  /** Since 2.10. Several filters that don't overlap; a set. Updatable. */
  filterSubjects: setOf(subject(), "a list of subjects").optional(),
  /** `original`: at the speed of publication. Default: `instant`. Recreates. */
  replayPolicy: oneOf(["instant", "original"]).optional(),
  /** Bits per second; push only. Default: unlimited. Updatable. */
  rateLimitBps: limit().optional(),
  /** Percent of acknowledgements that are sampled. Default: 0. Updatable. */
  sampleFreq: sampleFrequency().optional(),
  /** Most waiting pulls; pull only. Default: 512. Recreates. */
  maxWaiting: whole(1, MAX_INT32).optional(),
  /** Most messages out for acknowledgement, or `unlimited`. Default: 1000, or what the stream's consumerLimits say. Updatable. */
  maxAckPending: z.union([whole(1, MAX_INT32), z.literal("unlimited")], { error: pendingProblem }).optional(),
  /** Push only, with idleHeartbeat. Default: false. Recreates. */
  flowControl: flag().optional(),
  /** Sign of life when there is nothing to deliver, 100ms or more; push only. Default: none. Recreates. */
  idleHeartbeat: duration({ least: LEAST_HEARTBEAT_MS }).optional(),
  /** Headers and size, no payload. Default: false. Updatable. */
  headersOnly: flag().optional(),
  /** Most messages of one pull; pull only. Default: unlimited. Updatable. */
  maxBatch: limit(MAX_INT32).optional(),
  /** Longest wait of one pull; pull only. Default: unlimited. Updatable. */
  maxExpires: duration().optional(),
  /** Most bytes of one pull; pull only. Default: unlimited. Updatable. */
  maxBytes: bytes.optional(),
  /** Where messages are pushed to; makes it a push consumer. Updatable; from pull to push and back recreates. */
  deliverSubject: literalSubject().optional(),
  /** Queue group of the receivers; push only. Updatable. */
  deliverGroup: text("a queue group").optional(),
  /** How long it may be unused before the server deletes it. Default: for ever. Updatable. */
  inactiveThreshold: duration().optional(),
  /** Copies in the cluster, at most those of the stream. Default: as the stream. Updatable. */
  replicas: whole(1, MAX_REPLICAS).optional(),
  /** Keeps its state in memory. Default: false. Updatable before 2.14.1; recreates since. */
  memStorage: flag().optional(),
  /** Since 2.10. Up to 128 KiB together; keys under `_nats.` and `slipway.` are reserved. Updatable. */
  metadata: metadata().optional(),
  /** Since 2.11. How pulls are served in priority groups. Default: `none`. `prioritized` since 2.12. Updatable. */
  priorityPolicy: oneOf(["none", "overflow", "pinned_client", "prioritized"]).optional(),
  /** Since 2.11. Names of the priority groups; a set. Updatable. */
  priorityGroups: setOf(
    text("a priority group", priorityGroupProblem),
    "a list of priority groups",
  ).optional(),
  /** Since 2.11. How long a pinned client may be silent. Default: 2m with `pinned_client`. Updatable. */
  priorityTimeout: duration().optional(),
  ...ownership,
  /** What happens when the declaration goes. Default: `delete`, its position is lost; `retain`: left on the server. Updatable. */
  deletionPolicy: oneOf(["delete", "retain"]).optional(),
} as const;

/** A consumer's properties, each read by itself. */
export type ConsumerFields = z.output<z.ZodObject<typeof consumerFields>>;
