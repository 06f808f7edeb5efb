import type { Change, Plan } from "../kernel/kind.ts";
import { sameValue } from "./canonical.ts";
import { CONSUMER_PROPERTIES, consumerToConfig } from "./consumer/config.ts";
import { normalizeConsumer } from "./consumer/normalize.ts";
import type { ConsumerInput } from "./consumer/schema.ts";
import { TRANSIENT_KEYS } from "./fields.ts";
import { brokenRules, CONSUMER_RULES, STREAM_RULES } from "./immutability.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { normalizeStream } from "./normalize.ts";
import { sortedSet } from "./parsed.ts";
import type { StorageKind } from "./storage.ts";

const ALLOW_REPLACE =
  "set allowReplace: true to delete it with its messages and create it anew, or take the change back";
const ALLOW_RECREATE =
  "set allowReplace: true to have it made again behind its last acknowledged message, or take the change back";

/** Properties of two canonical declarations that differ, in bytewise order. */
const changedKeys = (prior: object, next: object): string[] => {
  const transient = new Set<string>(TRANSIENT_KEYS);
  const [before, after] = [new Map(Object.entries(prior)), new Map(Object.entries(next))];
  return sortedSet([...before.keys(), ...after.keys()]).filter(
    (key) => !transient.has(key) && !sameValue(before.get(key), after.get(key)),
  );
};

const memberOf = (input: object, key: string): unknown => (input as Record<string, unknown>)[key];

/** The strongest effect decides; a single refusal stops the whole plan. */
const planOf = (changes: readonly Change[]): Plan => {
  const effects = new Set(changes.map(({ effect }) => effect));
  const action = (["refused", "replace", "update"] as const).find((effect) => effects.has(effect)) ?? "none";
  return { action, changes };
};

/** Keys of all properties that a change of name touches: the new one is another resource, so nothing is refused. */
const renamed = (prior: object, next: object, keys: readonly string[], names: readonly string[]): Plan =>
  planOf(
    keys.map((key) => ({
      path: key,
      before: memberOf(prior, key),
      after: memberOf(next, key),
      effect: names.includes(key) ? "replace" : "update",
      ...(names.includes(key) ? { reason: "a new name is a new resource; nothing is copied into it" } : {}),
    })),
  );

/**
 * What a change of a stream, bucket or object store means on any server: a new name replaces; what no server changes in
 * place is refused, or replaces where `allowReplace` says so; the rest updates. What depends on the server's version is
 * judged against it (`refusedChanges`).
 */
export const planStorage = <I extends Lifecycle & object>(
  storage: StorageKind<I>,
  prior: I,
  next: I,
): Plan => {
  const keys = changedKeys(prior, next);
  const nameKey = storage.property("name");
  if (keys.includes(nameKey)) {
    const consented = next.allowReplace === true || next.allowDataLoss === true;
    return { ...renamed(prior, next, keys, [nameKey]), consented };
  }
  const obstacle = replacementObstacle(prior, next);
  const broken = brokenRules(
    STREAM_RULES,
    normalizeStream(storage.toConfig(prior)),
    normalizeStream(storage.toConfig(next)),
  );
  const reasons = new Map(broken.map(({ field, reason }) => [keyAtFault(storage, keys, field), reason]));
  return planOf(
    keys.map((key): Change => {
      const change = { path: key, before: memberOf(prior, key), after: memberOf(next, key) };
      const reason = reasons.get(key);
      if (reason === undefined) return { ...change, effect: "update" };
      if (next.allowReplace !== true) return { ...change, effect: "refused", reason, remedy: ALLOW_REPLACE };
      if (obstacle === undefined) return { ...change, effect: "replace", reason };
      return {
        ...change,
        effect: "refused",
        reason: `${reason}, and ${obstacle.reason}`,
        remedy: obstacle.remedy,
      };
    }),
  );
};

/** Why a stream can't be made anew under its own name, whatever is allowed; undefined when it can. */
export const replacementObstacle = (
  prior: Pick<Lifecycle, "deletionPolicy">,
  next: object,
): { readonly reason: string; readonly remedy: string } | undefined => {
  if (prior.deletionPolicy === "retain") {
    return {
      reason: "deletionPolicy retain leaves the old one in its place",
      remedy: "set deletionPolicy to refuse or delete and up first, or take the change back",
    };
  }
  if (memberOf(next, "sealed") === true) {
    return {
      reason: "no server creates a sealed stream",
      remedy: "leave sealed out of this up and seal it in the next, or take the change back",
    };
  }
  return undefined;
};

/** Properties that turn others on: a field may go off because the property that implied it went. */
const IMPLIED_BY: Readonly<Record<string, readonly string[]>> = {
  allow_msg_ttl: ["subjectDeleteMarkerTtl", "limitMarkerTtl"],
  deny_delete: ["sealed"],
  deny_purge: ["sealed"],
};

const keyAtFault = (
  storage: { property(field: string): string },
  keys: readonly string[],
  field: string,
): string =>
  [storage.property(field), ...(IMPLIED_BY[field] ?? [])].find((key) => keys.includes(key)) ??
  storage.property(field);

/**
 * What a change of a consumer means on any server: another stream or name replaces; what no server changes in place is
 * refused, or with `allowReplace` an update that makes the consumer again at its ack floor; the rest updates.
 */
export const planConsumer = (prior: ConsumerInput, next: ConsumerInput): Plan => {
  const keys = changedKeys(prior, next);
  if (keys.includes("stream") || keys.includes("durable"))
    return renamed(prior, next, keys, ["durable", "stream"]);
  const reasons = new Map(
    brokenConsumerRules(prior, next).map(({ field, reason }) => [
      CONSUMER_PROPERTIES[field] ?? field,
      reason,
    ]),
  );
  return planOf(
    keys.map((key): Change => {
      const change = { path: key, before: memberOf(prior, key), after: memberOf(next, key) };
      const reason = reasons.get(key);
      if (reason === undefined) return { ...change, effect: "update" };
      if (next.allowReplace === true) {
        return { ...change, effect: "update", reason: `${reason}: it is made again at its ack floor` };
      }
      return { ...change, effect: "refused", reason, remedy: ALLOW_RECREATE };
    }),
  );
};

const brokenConsumerRules = (prior: ConsumerInput, next: ConsumerInput) =>
  brokenRules(
    CONSUMER_RULES,
    normalizeConsumer(consumerToConfig(prior)),
    normalizeConsumer(consumerToConfig(next)),
  );

/** Whether an allowed change can't be made in place on any server, so that the consumer has to be made again. */
export const recreatesConsumer = (prior: ConsumerInput, next: ConsumerInput): boolean =>
  brokenConsumerRules(prior, next).length > 0;
