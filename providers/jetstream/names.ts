import { byteLength, show } from "./parsed.ts";

/** JSMaxNameLen of nats-server, in bytes. */
export const MAX_NAME_BYTES = 255;

export const KEY_VALUE_PREFIX = "KV_";
export const OBJECT_STORE_PREFIX = "OBJ_";

// A name becomes one token of an API subject: with one of these no server subscription would match, and the request
// would hang for its whole timeout instead of failing.
const FORBIDDEN = /[\s.*>/\\]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f]/u;
const BUCKET = /^[A-Za-z0-9_-]+$/;

const assetNameProblem = (what: string, name: string): string | undefined => {
  if (name === "") return `"" is empty: a ${what} needs 1 to ${MAX_NAME_BYTES} bytes`;
  const bad = FORBIDDEN.exec(name)?.[0] ?? UNPRINTABLE.exec(name)?.[0];
  if (bad !== undefined) {
    return `${show(name)} has ${show(bad)} in it: a ${what} has no white space, dot, *, >, / or \\; use - or _ instead`;
  }
  const length = byteLength(name);
  if (length > MAX_NAME_BYTES) {
    return `${show(name)} has ${length} bytes: a ${what} has at most ${MAX_NAME_BYTES}; shorten it`;
  }
  return undefined;
};

/** One line on what is wrong with a stream name; undefined when it is fine. */
export const streamNameProblem = (name: string): string | undefined => assetNameProblem("stream name", name);

/** Consumers of this ending hold the position of another one while that is made again. */
export const JOURNAL_SUFFIX = "__resume";

/** One line on what is wrong with a consumer name; undefined when it is fine. */
export const consumerNameProblem = (name: string): string | undefined =>
  assetNameProblem("consumer name", name) ??
  (name.endsWith(JOURNAL_SUFFIX)
    ? `${show(name)} ends with ${JOURNAL_SUFFIX}, which is reserved: choose another ending`
    : undefined);

/** One line on what is wrong with a bucket name; the prefix of its stream counts towards the length. */
export const bucketProblem = (bucket: string, prefix: string): string | undefined => {
  if (!BUCKET.test(bucket)) {
    return `${show(bucket)} is not a bucket name: letters, digits, - and _ only, at least one; replace the others by -`;
  }
  const most = MAX_NAME_BYTES - prefix.length;
  return bucket.length > most
    ? `${show(bucket)} has ${bucket.length} characters: a bucket name has at most ${most}; shorten it`
    : undefined;
};

/** Name of a priority group of a consumer: `validGroupName` of nats-server. */
const PRIORITY_GROUP = /^[a-zA-Z0-9/_=-]{1,16}$/;
export const priorityGroupProblem = (name: string): string | undefined =>
  PRIORITY_GROUP.test(name)
    ? undefined
    : `${show(name)} is not a priority group: 1 to 16 letters, digits, /, _, = or -; rename it`;
