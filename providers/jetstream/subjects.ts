import { show } from "./parsed.ts";

/**
 * Subjects: tokens parted by dots; `*` stands for one token, `>` as the last one for one or more.
 */

/** One line on what is wrong with a subject or filter; undefined when it is fine. */
export const subjectProblem = (subject: string): string | undefined => {
  if (subject === "") return '"" is empty: a subject has at least one token';
  if (/\s/u.test(subject)) return `${show(subject)} has white space in it: a subject has none; take it out`;
  const tokens = subject.split(".");
  if (tokens.includes("")) {
    return `${show(subject)} has an empty token: no dot at either end and no two in a row; take the extra dot out`;
  }
  const tail = tokens.indexOf(">");
  if (tail !== -1 && tail !== tokens.length - 1) {
    return `${show(subject)} goes on after ">": it stands last only; write * for a single token in the middle`;
  }
  return undefined;
};

/** A subject without wildcards. */
export const isLiteral = (subject: string): boolean =>
  !subject.split(".").some((token) => token === "*" || token === ">");

export const literalProblem = (subject: string): string | undefined =>
  subjectProblem(subject) ??
  (isLiteral(subject)
    ? undefined
    : `${show(subject)} has a wildcard: only a literal subject is allowed here`);

/**
 * One line on why a subject can't be mapped to another; undefined when nothing is found. Source: nats-server's
 * NewSubjectTransform, which also reads the mapping functions.
 */
export const mappingProblem = (src: string, dest: string): string | undefined => {
  const [from, to] = [src.split("."), dest.split(".")];
  if (to.includes("*")) {
    return `dest ${show(dest)} has a *: write {{wildcard(1)}} for what the first * of src matches`;
  }
  if (from.includes(">") === to.includes(">")) return undefined;
  return from.includes(">")
    ? `src ${show(src)} ends with ">" and dest ${show(dest)} doesn't: let both or neither end so`
    : `dest ${show(dest)} ends with ">" and src ${show(src)} doesn't: let both or neither end so`;
};

/** Whether some literal subject matches both. */
export const collide = (a: string, b: string): boolean => {
  const [left, right] = [a.split("."), b.split(".")];
  const shorter = Math.min(left.length, right.length);
  for (let i = 0; i < shorter; i++) {
    if (left[i] === ">" || right[i] === ">") return true;
    if (left[i] !== "*" && right[i] !== "*" && left[i] !== right[i]) return false;
  }
  return left.length === right.length;
};

/** Whether each literal subject that `inner` matches is matched by `outer` too. */
export const covers = (outer: string, inner: string): boolean => {
  const [wide, narrow] = [outer.split("."), inner.split(".")];
  for (let i = 0; i < narrow.length; i++) {
    if (wide[i] === ">") return true;
    if (wide[i] === undefined || narrow[i] === ">") return false;
    if (wide[i] !== "*" && wide[i] !== narrow[i]) return false;
  }
  return wide.length === narrow.length;
};

/** Whether one of `subjects` covers the filter. A filter covered only by several together counts as not covered. */
export const isSubset = (filter: string, subjects: readonly string[]): boolean =>
  subjects.some((subject) => covers(subject, filter));

/** Pairs that collide within one list, each once, in the order of the list. */
export const collisionsWithin = (subjects: readonly string[]): [string, string][] =>
  subjects.flatMap((a, i) =>
    subjects.slice(i + 1).flatMap((b): [string, string][] => (collide(a, b) ? [[a, b]] : [])),
  );

/** Pairs of subjects of two lists that collide. */
export const collisionsBetween = (left: readonly string[], right: readonly string[]): [string, string][] =>
  left.flatMap((a) => right.flatMap((b): [string, string][] => (collide(a, b) ? [[a, b]] : [])));

/**
 * Spaces that a stream may capture only with `noAck`, and what within them is allowed all the same.
 * Source: nats-server checkStreamCfg.
 */
const SYSTEM_SPACES = [
  { space: "$JS.>", allowed: "$JS.EVENT.>" },
  { space: "$JSC.>", allowed: undefined },
  { space: "$NRG.>", allowed: undefined },
  { space: "$SYS.>", allowed: "$SYS.ACCOUNT.>" },
] as const;

const systemSpace = (subject: string, meets: (space: string) => boolean): string | undefined =>
  SYSTEM_SPACES.find(
    ({ space, allowed }) => meets(space) && !(allowed !== undefined && covers(allowed, subject)),
  )?.space;

/** One line on why no server lets a stream with acknowledgements capture this subject; undefined when some do. */
export const systemSpaceProblem = (subject: string): string | undefined => {
  const space = subject === ">" ? "$JS.>" : systemSpace(subject, (space) => covers(space, subject));
  return space === undefined
    ? undefined
    : `${show(subject)} captures the server's own ${space}: narrow it, or set noAck: true`;
};

/** The server's own space that a wildcard reaches into, which newer servers refuse; undefined when none. */
export const reachedSystemSpace = (subject: string): string | undefined =>
  systemSpace(subject, (space) => collide(space, subject));

/** Subject spaces of key-value buckets and object stores; a plain stream there blocks later buckets. */
export const keyValueSubjects = (bucket: string): string[] => [`$KV.${bucket}.>`];
export const objectStoreSubjects = (bucket: string): string[] => [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`];
export const BUCKET_SPACES = ["$KV.>", "$O.>"] as const;
