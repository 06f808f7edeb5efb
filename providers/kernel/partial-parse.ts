import { z } from "zod";
import { hasUnknown, isUnknown, mentionsUnknown, UNKNOWN } from "./unknown.ts";

export type Issue = z.core.$ZodIssue;

/** What a schema makes of a declaration: canonical where it could be parsed, as declared elsewhere, and what is wrong. */
export interface Parsed {
  readonly value: unknown;
  readonly issues: readonly Issue[];
}

/**
 * Parses a declaration in which some values may not be known yet.
 *
 * The schema can't run over those, so it is walked: every part free of unknowns is parsed by its own part of the schema,
 * and comes out as it will once everything is known; a part that is unknown stays. Refinements of an object or list that
 * holds an unknown are put off until `up`, where nothing is unknown: they may look at what isn't there. So nothing right
 * is ever refused, and whatever is refused would be refused later as well.
 */
export function parseDeclaration(schema: z.core.$ZodType, value: unknown): Parsed {
  return parsePart(schema, value, []);
}

/** The properties that a schema's object has, in declared order; undefined when it is no object. */
export function propertiesOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | undefined {
  const inner = unwrap(schema);
  const { def } = inner._zod as z.core.$ZodObject["_zod"];
  return def.type === "object" ? def.shape : undefined;
}

/** The schema under wrappers and final transforms: the one that says what may be declared. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const inner = peel(schema);
  return isTransformed(inner) ? unwrap(inner._zod.def.in) : inner;
}

/** The schema under wrappers that let the same values through, and more. */
function peel(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "readonly":
    case "nonoptional":
      return peel(def.innerType);
    case "lazy":
      return peel(def.getter());
    default:
      return schema;
  }
}

/** A schema followed by a transform or another schema; not one that a preprocessing transform feeds. */
const isTransformed = (schema: z.core.$ZodType): schema is z.core.$ZodPipe => {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === "pipe" && def.in._zod.def.type !== "transform";
};

type Path = readonly PropertyKey[];

function parsePart(schema: z.core.$ZodType, value: unknown, path: Path): Parsed {
  if (!hasUnknown(value)) return parseKnown(schema, value, path);
  if (isUnknown(value)) return { value, issues: [] };
  const inner = peel(schema);
  if (isTransformed(inner)) {
    const part = parsePart(inner._zod.def.in, value, path);
    return part.issues.length === 0
      ? { value: transformKnown(inner._zod.def.out, part.value), issues: [] }
      : part;
  }
  const { def } = (inner as z.core.$ZodTypes)._zod;
  if (def.type === "object" && isRecord(value)) return parseObject(def, value, path);
  if (def.type === "array" && Array.isArray(value)) {
    return collect(value.map((item, index) => parsePart(def.element, item, [...path, index])));
  }
  if (def.type === "record" && isRecord(value)) {
    return collectEntries(
      Object.entries(value).map(([key, item]) => [key, parsePart(def.valueType, item, [...path, key])]),
    );
  }
  return { value, issues: [] };
}

/**
 * What a final transform makes of an object's known properties, as near as can be told: it runs with the unknown ones in
 * place, since most rules ask only whether a property is there, or else without them. Unknown properties then come back
 * as they were, and whatever was derived from one is unknown. When neither run succeeds, the object stays.
 */
function transformKnown(transform: z.core.$ZodType, value: unknown): unknown {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const unknown = entries.filter(([, item]) => hasUnknown(item));
  const known = entries.filter(([, item]) => !hasUnknown(item));
  for (const attempt of [value, Object.fromEntries(known)]) {
    const result = tryParse(transform, attempt);
    if (!isRecord(result)) continue;
    const derived = Object.entries(result).map(([key, item]) => [
      key,
      mentionsUnknown(item) ? UNKNOWN : item,
    ]);
    return { ...Object.fromEntries(derived), ...Object.fromEntries(unknown) };
  }
  return value;
}

function tryParse(schema: z.core.$ZodType, value: unknown): unknown {
  try {
    return z.safeParse(schema, value).data;
  } catch {
    return undefined;
  }
}

function parseKnown(schema: z.core.$ZodType, value: unknown, path: Path): Parsed {
  const result = z.safeParse(schema, value);
  if (result.success) return { value: result.data, issues: [] };
  return {
    value,
    issues: result.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] })),
  };
}

function parseObject(def: z.core.$ZodObjectDef, value: Record<string, unknown>, path: Path): Parsed {
  const parts: [string, Parsed][] = [];
  for (const [key, schema] of Object.entries(def.shape)) {
    if (Object.hasOwn(value, key)) parts.push([key, parsePart(schema, value[key], [...path, key])]);
    else parts.push([key, parseAbsent(schema, [...path, key])]);
  }
  const extra = Object.keys(value).filter((key) => !Object.hasOwn(def.shape, key));
  const issues: Issue[] = [];
  const rest = def.catchall?._zod.def.type;
  if (rest === "never" && extra.length > 0) {
    issues.push({
      code: "unrecognized_keys",
      keys: extra,
      path: [...path],
      input: value,
      message: "Unrecognized keys",
    });
  } else if (rest !== undefined) {
    for (const key of extra) parts.push([key, { value: value[key], issues: [] }]);
  }
  const parsed = collectEntries(parts);
  return { value: parsed.value, issues: [...parsed.issues, ...issues] };
}

function parseAbsent(schema: z.core.$ZodType, path: Path): Parsed {
  const parsed = parseKnown(schema, undefined, path);
  const mayBeAbsent = schema._zod.optin === "optional" && parsed.issues.length > 0;
  return mayBeAbsent ? { value: undefined, issues: [] } : parsed;
}

const collect = (parts: readonly Parsed[]): Parsed => ({
  value: parts.map((part) => part.value),
  issues: parts.flatMap((part) => part.issues),
});

const collectEntries = (parts: readonly (readonly [string, Parsed])[]): Parsed => ({
  value: Object.fromEntries(parts.flatMap(([key, { value }]) => (value === undefined ? [] : [[key, value]]))),
  issues: parts.flatMap(([, part]) => part.issues),
});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
