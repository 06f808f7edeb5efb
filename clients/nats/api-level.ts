import type { StreamConfig } from "./wire.ts";

/** The API level that brought a stream property (nats-server 2.11 is level 1, 2.12 level 2, 2.14 level 4). */
const LEVEL_OF: ReadonlyMap<string, number> = new Map([
  ["allow_msg_ttl", 1],
  ["subject_delete_marker_ttl", 1],
  ["allow_atomic", 2],
  ["allow_msg_counter", 2],
  ["allow_msg_schedules", 2],
  ["persist_mode", 2],
  ["allow_batched", 4],
]);

/**
 * The lowest API level that knows every property in use; 0 when all are older than levels. Sent with a write, it makes
 * a server since 2.12 refuse what it would not understand. Older ones ignore it, so it is a second lock only.
 */
export const requiredApiLevel = (config: StreamConfig): number =>
  Math.max(0, ...Object.entries(config).map(([key, value]) => (value ? (LEVEL_OF.get(key) ?? 0) : 0)));
