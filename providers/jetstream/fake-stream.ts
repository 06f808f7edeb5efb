import type { StreamConfig } from "../../clients/nats/wire.ts";
import { collide, subjectProblem } from "./subjects.ts";
import { atLeast } from "./version.ts";

/** What a server of the fake's version would answer instead of doing it. */
export interface Refusal {
  readonly http: number;
  readonly code: number;
  readonly text: string;
}

export type AnyStreamConfig = StreamConfig & Record<string, unknown>;

const DEFAULT_DUPLICATE_WINDOW = 120_000_000_000;
const MIN_MAX_AGE = 100_000_000;
const MAX_REPLICAS = 5;

/** The release that brought a field; everything else is older than 2.9. */
const SINCE: Readonly<Record<string, string>> = {
  metadata: "2.10.0",
  compression: "2.10.0",
  first_seq: "2.10.0",
  subject_transform: "2.10.0",
  consumer_limits: "2.10.0",
  allow_msg_ttl: "2.11.0",
  subject_delete_marker_ttl: "2.11.0",
  allow_msg_counter: "2.12.0",
  allow_atomic: "2.12.0",
  allow_msg_schedules: "2.12.0",
  persist_mode: "2.12.0",
  allow_batched: "2.14.0",
};
/** From here on a server refuses fields that it doesn't know; before, it drops them. */
const STRICT_SINCE = "2.12.0";
const KNOWN: ReadonlySet<string> = new Set([
  ...Object.keys(SINCE),
  ..."name description subjects retention storage max_consumers max_msgs max_bytes max_age".split(" "),
  ..."max_msgs_per_subject max_msg_size discard discard_new_per_subject num_replicas no_ack".split(" "),
  ..."duplicate_window placement mirror sources republish allow_direct mirror_direct".split(" "),
  ..."allow_rollup_hdrs deny_delete deny_purge sealed".split(" "),
]);

/** The first field that this version doesn't know, if it is a version that says so. */
export function unknownField(
  config: object,
  version: string,
  newer: ReadonlySet<string>,
): Refusal | undefined {
  if (!atLeast(version, STRICT_SINCE)) return undefined;
  const field = Object.keys(config).find((key) => !knows(version, newer, key));
  if (field === undefined) return undefined;
  return { http: 400, code: 10025, text: `invalid JSON: json: unknown field "${field}"` };
}

/** The config as this version stores it: unknown fields dropped, defaults filled in. */
export function fillStream(
  config: AnyStreamConfig,
  version: string,
  newer: ReadonlySet<string>,
): AnyStreamConfig {
  const given = Object.fromEntries(
    Object.entries(structuredClone(config)).filter(
      ([key, value]) => knows(version, newer, key) && value !== undefined,
    ),
  ) as AnyStreamConfig;
  const unlimited = (value: number | undefined) => (value === undefined || value === 0 ? -1 : value);
  const filled: AnyStreamConfig = {
    ...given,
    retention: given.retention ?? "limits",
    storage: given.storage ?? "file",
    discard: given.discard ?? "old",
    max_consumers: unlimited(given.max_consumers),
    max_msgs: unlimited(given.max_msgs),
    max_bytes: unlimited(given.max_bytes),
    max_age: given.max_age ?? 0,
    max_msgs_per_subject: unlimited(given.max_msgs_per_subject),
    max_msg_size: unlimited(given.max_msg_size),
    num_replicas: given.num_replicas || 1,
    allow_direct: given.allow_direct ?? false,
    mirror_direct: given.mirror_direct ?? false,
    sealed: given.sealed ?? false,
    deny_delete: given.deny_delete ?? false,
    deny_purge: given.deny_purge ?? false,
    allow_rollup_hdrs: given.allow_rollup_hdrs ?? false,
  };
  if (!given.mirror && !given.sources?.length && !given.subjects?.length) filled.subjects = [given.name];
  if (!given.sources?.length) delete filled.sources;
  if (!given.mirror) filled.duplicate_window = given.duplicate_window || defaultWindow(filled.max_age ?? 0);
  if (atLeast(version, "2.10.0")) {
    filled.compression = given.compression ?? "none";
    filled.consumer_limits = given.consumer_limits ?? {};
  }
  if (atLeast(version, "2.11.0")) filled.allow_msg_ttl = given.allow_msg_ttl ?? false;
  if (filled.subject_delete_marker_ttl)
    Object.assign(filled, { allow_msg_ttl: true, allow_rollup_hdrs: true });
  if (filled.sealed) Object.assign(filled, { discard: "new", deny_delete: true, deny_purge: true });
  return filled;
}

const defaultWindow = (maxAge: number): number =>
  maxAge > 0 ? Math.min(maxAge, DEFAULT_DUPLICATE_WINDOW) : DEFAULT_DUPLICATE_WINDOW;

/** What no stream may be, in the order in which a server looks. `filled` has its defaults. */
export function refuseStream(filled: AnyStreamConfig, clustered: boolean): Refusal | undefined {
  const invalid = (text: string): Refusal => ({ http: 500, code: 10052, text });
  if (/[\s.*>]/.test(filled.name) || filled.name.length > 255) return invalid("stream name is invalid");
  if (/[/\\]/.test(filled.name)) return { http: 400, code: 10128, text: "path separator in stream name" };
  const replicas = filled.num_replicas ?? 1;
  if (replicas > MAX_REPLICAS) return invalid(`maximum replicas is ${MAX_REPLICAS}`);
  if (replicas > 1 && !clustered) {
    return { http: 500, code: 10074, text: "replicas > 1 not supported in non-clustered mode" };
  }
  const [age, window] = [filled.max_age ?? 0, filled.duplicate_window ?? 0];
  if (age !== 0 && age < MIN_MAX_AGE) return invalid("max age needs to be >= 100ms");
  if (age > 0 && window > age) return invalid("duplicates window can not be larger then max age");
  if (
    filled.discard_new_per_subject &&
    (filled.discard !== "new" || (filled.max_msgs_per_subject ?? -1) <= 0)
  ) {
    return invalid("discard new per subject requires discard new policy and max messages per subject");
  }
  if (filled.deny_purge && filled.allow_rollup_hdrs && !filled.sealed) {
    return invalid("roll-ups require the purge permission");
  }
  if (filled.mirror && filled.sources?.length) return { http: 400, code: 10031, text: "mirror with sources" };
  if (filled.mirror && filled.subjects?.length)
    return { http: 400, code: 10034, text: "mirror with subjects" };
  return refuseSubjects(filled.subjects ?? [], invalid);
}

function refuseSubjects(
  subjects: readonly string[],
  invalid: (text: string) => Refusal,
): Refusal | undefined {
  for (const [index, subject] of subjects.entries()) {
    if (subjectProblem(subject) !== undefined) return invalid("invalid subject");
    const other = subjects.find((candidate, at) => at < index && collide(candidate, subject));
    if (other === subject) return invalid("duplicate subjects detected");
    if (other !== undefined) return invalid(`subject "${subject}" overlaps with "${other}"`);
  }
  return undefined;
}

/** What can't be changed on a stream that is there. Both have their defaults. */
export function refuseStreamUpdate(
  live: AnyStreamConfig,
  next: AnyStreamConfig,
  version: string,
): Refusal | undefined {
  const immutable = (what: string): Refusal => ({
    http: 500,
    code: 10052,
    text: `stream configuration update can not ${what}`,
  });
  const changed = (field: keyof StreamConfig) => JSON.stringify(live[field]) !== JSON.stringify(next[field]);
  if (changed("storage")) return immutable("change storage type");
  if (changed("retention") && !retentionMayChange(live, next, version))
    return immutable("change retention policy");
  if (changed("max_consumers") && !atLeast(version, "2.12.6")) return immutable("change MaxConsumers");
  if (changed("mirror") && (next.mirror !== undefined || !atLeast(version, "2.12.0"))) {
    return { http: 400, code: 10055, text: "stream mirror configuration can not be updated" };
  }
  if (changed("republish") && !atLeast(version, "2.10.0")) return immutable("change RePublish");
  if (live.sealed && !next.sealed) return immutable("cancel sealed");
  if (live.deny_delete && !next.deny_delete) return immutable("cancel deny message deletes");
  if (live.deny_purge && !next.deny_purge) return immutable("cancel deny purge");
  if (live.allow_msg_ttl && !next.allow_msg_ttl) return immutable("disable message TTL status");
  if (live.allow_msg_schedules && !next.allow_msg_schedules) return immutable("disable message schedules");
  if (changed("allow_msg_counter")) return immutable("change message counter setting");
  if (changed("persist_mode")) return immutable("change persist mode");
  const [scaled, moved] = [changed("num_replicas"), changed("placement")];
  if (scaled && moved)
    return { http: 400, code: 10123, text: "can not move and scale a stream in a single update" };
  return undefined;
}

const retentionMayChange = (live: AnyStreamConfig, next: AnyStreamConfig, version: string): boolean =>
  atLeast(version, "2.10.0") && live.retention !== "workqueue" && next.retention !== "workqueue";

const knows = (version: string, newer: ReadonlySet<string>, field: string): boolean =>
  newer.has(field) || (KNOWN.has(field) && atLeast(version, SINCE[field] ?? "2.9.0"));
