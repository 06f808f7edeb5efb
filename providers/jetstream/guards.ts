import type { StreamConfig, StreamInfo, StreamState } from "../../clients/nats/wire.ts";
import { approximateBytes, formatBytes } from "./bytes.ts";
import { formatDuration, fromWireNanos } from "./duration.ts";
import { normalizeStream } from "./normalize.ts";
import { atLeast } from "./version.ts";

/**
 * What a change of a live stream would delete, told from its config and state before anything is touched. Versions
 * differ in details that change with patch releases; where they do, a guard speaks as for the one that deletes.
 */
export interface Loss {
  /** Stable: `data-loss.max-bytes`. */
  readonly code: LossCode;
  /** The wire field that does it. */
  readonly field: keyof StreamConfig & string;
  /** `deletes`: messages go. `blocks`: nothing goes, but every further write fails. */
  readonly effect: "deletes" | "blocks";
  /** Messages at risk. */
  readonly messages: number;
  /** Bytes at risk, as the stream counts them. */
  readonly bytes: number;
  /** How far the numbers can be trusted: exact, an upper bound, or estimated from the average message. */
  readonly precision: "exact" | "at-most" | "about";
  /** One line with the numbers. */
  readonly message: string;
}

export type LossCode =
  | "data-loss.max-bytes"
  | "data-loss.max-msgs"
  | "data-loss.max-age"
  | "data-loss.max-msgs-per-subject"
  | "data-loss.discard"
  | "data-loss.retention"
  | "data-loss.delete"
  | "writes-stop.max-bytes"
  | "writes-stop.max-msgs";

export interface GuardOptions {
  /** Version of the server. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Servers before this evict down to a limit even when they discard new messages. */
const RESPECTS_DISCARD_NEW = "2.10.0";

interface Look {
  readonly state: StreamState;
  readonly before: StreamConfig;
  readonly after: StreamConfig;
  readonly now: number;
  /** Whether the server makes room at once. */
  readonly evicts: boolean;
}

/** Every way in which a change of config would delete what a stream holds, or stop its writes. Empty when none. */
export const dataLoss = (live: StreamInfo, next: StreamConfig, { version, now }: GuardOptions): Loss[] => {
  if (live.state.messages === 0) return [];
  const [before, after] = [normalizeStream(live.config), normalizeStream(next)];
  const evicts = after.discard === "old" || !atLeast(version, RESPECTS_DISCARD_NEW);
  const look: Look = { state: live.state, before, after, now, evicts };
  return [maxBytesLoss, maxMsgsLoss, maxAgeLoss, perSubjectLoss, retentionLoss].flatMap(
    (guard) => guard(look) ?? [],
  );
};

/** What goes with a stream when it is deleted or replaced; undefined when it holds nothing. */
export const deletionLoss = (live: StreamInfo): Loss | undefined => {
  const { messages, bytes } = live.state;
  if (messages === 0) return undefined;
  const message = `deleting it takes ${count(messages)} (${approximateBytes(bytes)}) with it`;
  return {
    code: "data-loss.delete",
    field: "name",
    effect: "deletes",
    messages,
    bytes,
    precision: "exact",
    message,
  };
};

/**
 * Whether only counts per subject can tell what a change would delete. They cost a large reply, so ask for them
 * (`perSubject`) only then; with `state.subjects` the guard is exact.
 */
export const needsSubjectCounts = (live: StreamInfo, next: StreamConfig): boolean =>
  live.state.subjects === undefined &&
  dataLoss(live, next, { version: RESPECTS_DISCARD_NEW, now: 0 }).some(
    ({ code, precision }) => code === "data-loss.max-msgs-per-subject" && precision !== "exact",
  );

const count = (messages: number): string => `${messages} message${messages === 1 ? "" : "s"}`;

const capped = (limit: number | undefined): limit is number => limit !== undefined && limit > 0;

/** Bytes of a number of messages, by the average. */
const shareOf = (state: StreamState, messages: number): number =>
  Math.min(state.bytes, Math.ceil((state.bytes * messages) / state.messages));

const discardsOldNow = ({ before, after }: Look): boolean =>
  before.discard === "new" && after.discard === "old";

const maxBytesLoss = (look: Look): Loss | undefined => {
  const { state, before, after, evicts } = look;
  const limit = after.max_bytes;
  if (!capped(limit) || limit >= state.bytes) return undefined;
  const byDiscard = discardsOldNow(look) && before.max_bytes === limit;
  if (before.max_bytes === limit && !byDiscard) return undefined;
  const excess = state.bytes - limit;
  if (!evicts) {
    return {
      code: "writes-stop.max-bytes",
      field: "max_bytes",
      effect: "blocks",
      messages: 0,
      bytes: excess,
      precision: "exact",
      message: `max_bytes ${formatBytes(limit)} is below the ${approximateBytes(state.bytes)} that it holds: no write succeeds until ${approximateBytes(excess)} are gone`,
    };
  }
  const messages = Math.min(state.messages, Math.max(1, Math.ceil((state.messages * excess) / state.bytes)));
  const cause = byDiscard ? "discard old enforces" : "the lowered";
  return {
    code: byDiscard ? "data-loss.discard" : "data-loss.max-bytes",
    field: byDiscard ? "discard" : "max_bytes",
    effect: "deletes",
    messages,
    bytes: excess,
    precision: "about",
    message: `${cause} max_bytes ${formatBytes(limit)}: the oldest ${approximateBytes(excess)} of ${approximateBytes(state.bytes)} would be deleted, about ${count(messages)} of ${state.messages}`,
  };
};

const maxMsgsLoss = (look: Look): Loss | undefined => {
  const { state, before, after, evicts } = look;
  const limit = after.max_msgs;
  if (!capped(limit) || limit >= state.messages) return undefined;
  const byDiscard = discardsOldNow(look) && before.max_msgs === limit;
  if (before.max_msgs === limit && !byDiscard) return undefined;
  const messages = state.messages - limit;
  if (!evicts) {
    return {
      code: "writes-stop.max-msgs",
      field: "max_msgs",
      effect: "blocks",
      messages,
      bytes: 0,
      precision: "exact",
      message: `max_msgs ${limit} is below the ${count(state.messages)} that it holds: no write succeeds until ${messages} are gone`,
    };
  }
  const bytes = shareOf(state, messages);
  const cause = byDiscard ? "discard old enforces" : "the lowered";
  return {
    code: byDiscard ? "data-loss.discard" : "data-loss.max-msgs",
    field: byDiscard ? "discard" : "max_msgs",
    effect: "deletes",
    messages,
    bytes,
    precision: "exact",
    message: `${cause} max_msgs ${limit}: the oldest ${messages} of ${count(state.messages)} would be deleted, about ${approximateBytes(bytes)}`,
  };
};

const maxAgeLoss = ({ state, before, after, now }: Look): Loss | undefined => {
  const limit = fromWireNanos(after.max_age ?? 0);
  const had = fromWireNanos(before.max_age ?? 0);
  if (limit === 0 || (had > 0 && had <= limit)) return undefined;
  const oldest = now - Date.parse(state.first_ts);
  if (!(oldest > limit)) return undefined;
  const all = now - Date.parse(state.last_ts) > limit;
  const amount = all ? "all" : "up to";
  return {
    code: "data-loss.max-age",
    field: "max_age",
    effect: "deletes",
    messages: state.messages,
    bytes: state.bytes,
    precision: all ? "exact" : "at-most",
    message: `max_age ${formatDuration(limit)} is below the age of its oldest message (${roughAge(oldest)}): ${amount} ${count(state.messages)} (${approximateBytes(state.bytes)}) would be deleted`,
  };
};

/** An age as its largest unit says it, for people. */
const roughAge = (milliseconds: number): string => {
  const text = formatDuration(Math.floor(milliseconds));
  return /^\d+[a-z]+/.exec(text)?.[0] ?? text;
};

const perSubjectLoss = ({ state, before, after }: Look): Loss | undefined => {
  const limit = after.max_msgs_per_subject;
  const had = before.max_msgs_per_subject;
  if (!capped(limit) || (capped(had) && had <= limit)) return undefined;
  const { messages, precision } = overPerSubject(state, limit, had);
  if (messages <= 0) return undefined;
  const bytes = shareOf(state, messages);
  const amount = precision === "exact" ? "" : "up to ";
  return {
    code: "data-loss.max-msgs-per-subject",
    field: "max_msgs_per_subject",
    effect: "deletes",
    messages,
    bytes,
    precision,
    message: `at most ${limit} per subject: ${amount}${messages} of ${count(state.messages)} would be deleted, the oldest of their subjects (about ${approximateBytes(bytes)})`,
  };
};

/**
 * Messages over a limit per subject. With counts it is exact. With one subject, or a limit of one, the number of
 * subjects tells it exactly as well; else it is an upper bound: everything piled up on as few subjects as possible.
 */
const overPerSubject = (
  state: StreamState,
  limit: number,
  had: number | undefined,
): Pick<Loss, "messages" | "precision"> => {
  if (state.subjects !== undefined) {
    const messages = Object.values(state.subjects).reduce((sum, held) => sum + Math.max(0, held - limit), 0);
    return { messages, precision: "exact" };
  }
  const subjects = Math.max(state.num_subjects ?? 1, 1);
  if (subjects === 1 && state.num_subjects !== undefined) {
    return { messages: Math.max(0, state.messages - limit), precision: "exact" };
  }
  if (limit === 1 && state.num_subjects !== undefined) {
    return { messages: state.messages - subjects, precision: "exact" };
  }
  return {
    messages: mostOver(state.messages, subjects, limit, capped(had) ? had : undefined),
    precision: "at-most",
  };
};

/** The most that can be over `limit` when each subject holds at least one message and at most `cap`. */
const mostOver = (messages: number, subjects: number, limit: number, cap: number | undefined): number => {
  const spare = messages - subjects;
  if (spare <= 0) return 0;
  if (cap === undefined) return Math.max(0, spare + 1 - limit);
  const full = Math.min(subjects, Math.floor(spare / (cap - 1)));
  const rest = spare - full * (cap - 1);
  return full * (cap - limit) + Math.max(0, full < subjects ? rest + 1 - limit : 0);
};

const retentionLoss = ({ state, before, after }: Look): Loss | undefined => {
  if (before.retention === after.retention || after.retention !== "interest") return undefined;
  const none = state.consumer_count === 0;
  const { messages, bytes } = state;
  return {
    code: "data-loss.retention",
    field: "retention",
    effect: "deletes",
    messages,
    bytes,
    precision: none ? "exact" : "at-most",
    message: none
      ? `retention interest keeps what consumers wait for, and there is no consumer: all ${count(messages)} (${approximateBytes(bytes)}) would be deleted`
      : `retention interest keeps only what its consumers still wait for: up to ${count(messages)} (${approximateBytes(bytes)}) would be deleted`,
  };
};
