import type { z } from "zod";
import { MAX_QUOTED_VALUE } from "./limits.ts";
import { type Issue, propertiesOf, unwrap } from "./partial-parse.ts";

/** One mistake in a declaration, as the engine shows it beside the resource. */
export interface CheckFailure {
  /** Dotted and indexed: `sources[2].name`. Empty for the resource as a whole. */
  readonly property: string;
  readonly reason: string;
}

/** Says each issue in a user's words: the value, what is allowed, what to do. Sorted by property. */
export function toCheckFailures(
  schema: z.core.$ZodType,
  declared: unknown,
  issues: readonly Issue[],
): readonly CheckFailure[] {
  const failures = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? unknownKeys(schema, issue) : [describeIssue(declared, issue)],
  );
  const unique = new Map(failures.map((failure) => [`${failure.property}\n${failure.reason}`, failure]));
  return [...unique]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([, failure]) => failure);
}

/** `["sources", 2, "name"]` as `sources[2].name`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const key = String(step);
      if (!/^[A-Za-z_][\w-]*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}

/** The top-level property of a path such as `sources[2].name`; the engine knows only those. */
export const topLevelOf = (path: string): string => /^[^.[]+/.exec(path)?.[0] ?? path;

/** A value as an error quotes it. */
export function quote(value: unknown): string {
  if (value === undefined) return "not set";
  const text =
    JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? item.toString() : item)) ??
    String(value);
  return text.length <= MAX_QUOTED_VALUE
    ? text
    : `${text.slice(0, MAX_QUOTED_VALUE)}… (${text.length} characters)`;
}

function describeIssue(declared: unknown, issue: Issue): CheckFailure {
  const value = valueAt(declared, issue.path);
  const property = formatPath(issue.path);
  if (value === undefined && issue.code !== "custom") {
    return { property, reason: `is missing: it ${allowed(issue)}. Add it to the declaration.` };
  }
  return { property, reason: `${allowed(issue)}, but is ${quote(value)}.${remedy(issue, value)}` };
}

/** The library's own default texts; anything else was written by the kind, which knows better. */
const DEFAULT_MESSAGE = /^(Invalid|Too big|Too small|Unrecognized)\b/;

function allowed(issue: Issue): string {
  if (!DEFAULT_MESSAGE.test(issue.message)) return issue.message.replace(/\.$/, "");
  switch (issue.code) {
    case "invalid_type":
      return `must be ${withArticle(issue.expected)}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `must be ${quote(issue.values[0])}`
        : `must be one of ${issue.values.map(quote).join(", ")}`;
    case "too_small":
      return `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${unit(issue.origin)}`;
    case "too_big":
      return `must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${unit(issue.origin)}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return issue.pattern === undefined ? `must be a valid ${issue.format}` : `must match ${issue.pattern}`;
    case "invalid_union": {
      const forms = issue.errors.map((branch) => branch.map(allowedAt).join(" and "));
      return forms.length === 0 ? "must have one of the allowed forms" : [...new Set(forms)].join(", or ");
    }
    default:
      return issue.message;
  }
}

const allowedAt = (issue: Issue): string =>
  issue.path.length === 0 ? allowed(issue) : `${formatPath(issue.path)} ${allowed(issue)}`;

function remedy(issue: Issue, value: unknown): string {
  if (issue.code !== "invalid_value" || typeof value !== "string") return "";
  return suggestion(
    value,
    issue.values.filter((option) => typeof option === "string"),
  );
}

function unknownKeys(
  schema: z.core.$ZodType,
  issue: z.core.$ZodIssueUnrecognizedKeys,
): readonly CheckFailure[] {
  const known = Object.keys(propertiesAt(schema, issue.path) ?? {}).toSorted();
  const list = known.length === 0 ? "" : ` Allowed are ${known.join(", ")}.`;
  return issue.keys.map((key) => ({
    property: formatPath([...issue.path, key]),
    reason: `is not a property of this.${suggestion(key, known) || " Remove it."}${list}`,
  }));
}

function propertiesAt(schema: z.core.$ZodType, path: readonly PropertyKey[]) {
  const inner = path.reduce<z.core.$ZodType | undefined>((at, step) => at && stepInto(at, step), schema);
  return inner && propertiesOf(inner);
}

function stepInto(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType | undefined {
  const { def } = (unwrap(schema) as z.core.$ZodTypes)._zod;
  if (def.type === "object") return def.shape[String(step)];
  if (def.type === "array") return def.element;
  if (def.type === "record") return def.valueType;
  return undefined;
}

/** The nearest allowed word within two edits, as a hint. */
function suggestion(word: string, options: readonly string[]): string {
  const near = options
    .map((option) => ({ option, distance: editDistance(word.toLowerCase(), option.toLowerCase()) }))
    .filter(({ option, distance }) => distance <= Math.min(2, Math.floor(option.length / 2)))
    .toSorted((a, b) => a.distance - b.distance)[0];
  return near === undefined ? "" : ` Did you mean ${JSON.stringify(near.option)}?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<PropertyKey, unknown>)[step];
  }
  return at;
}

const UNITS: Readonly<Record<string, string>> = {
  string: " characters",
  array: " items",
  set: " items",
  map: " entries",
};
const unit = (origin: string): string => UNITS[origin] ?? "";

const withArticle = (type: string): string => {
  const word =
    type === "record" ? "object" : type === "int" ? "whole number" : type === "array" ? "list" : type;
  return `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;
};
