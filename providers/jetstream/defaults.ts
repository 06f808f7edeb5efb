import { durationMs, formatDuration, MINUTE } from "./duration.ts";

/** Sizes of single messages and counts of consumers are int32 on the server. */
export const MAX_INT32 = 2 ** 31 - 1;

/** StreamDefaultDuplicatesWindow of nats-server. */
export const DEFAULT_DUPLICATE_WINDOW_MS = 2 * MINUTE;

/** What the server makes of an absent window: two minutes, or the age when that is shorter. */
export const defaultDuplicateWindowMs = (maxAgeMs: number): number =>
  maxAgeMs > 0 ? Math.min(maxAgeMs, DEFAULT_DUPLICATE_WINDOW_MS) : DEFAULT_DUPLICATE_WINDOW_MS;

/** The same for canonical texts. */
export const defaultDuplicateWindow = (maxAge: string | undefined): string =>
  formatDuration(defaultDuplicateWindowMs(maxAge === undefined ? 0 : durationMs(maxAge)));

/** JsAckWaitDefault of nats-server, for ack policies explicit and all. */
export const DEFAULT_ACK_WAIT = "30s";
/** JSWaitQueueDefaultMax of nats-server, for pull consumers. */
export const DEFAULT_MAX_WAITING = 512;
/** JsDefaultMaxAckPending of nats-server, where neither the stream nor the account says less. */
export const DEFAULT_MAX_ACK_PENDING = 1000;
/** JsDefaultPinnedTTL of nats-server. */
export const DEFAULT_PINNED_TTL = "2m";
/** Heartbeat that the server sets for ack policy flow_control. */
export const FLOW_CONTROL_HEARTBEAT = "1s";
