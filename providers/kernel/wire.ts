import { MAX_DEPTH } from "./limits.ts";

/** A value that a protobuf Struct carries and the state's JSON keeps, unchanged both ways. */
export type Wire = null | boolean | number | string | readonly Wire[] | { readonly [key: string]: Wire };
export type WireProperties = Record<string, Wire>;

/**
 * Property names that Pulumi keeps for itself: the SDK strips `id` and `urn` from inputs, and everything that starts
 * with two underscores is hidden or refused.
 */
export const isReservedKey = (key: string): boolean => key === "id" || key === "urn" || key.startsWith("__");

/**
 * Turns anything into what may leave a provider. Total and idempotent: it never throws, and a wire value stays as it is.
 * An unsafe value that got through would lose the resource from state after the ground was changed.
 *
 * undefined, functions and symbols are left out of objects and become null elsewhere; bigints become decimal strings,
 * dates ISO 8601, bytes lowercase hex, sets arrays, maps objects; numbers that JSON has no word for become null; class
 * instances give their own enumerable properties. A cycle, and what lies deeper than 40 levels, becomes null.
 */
export function toWire(value: unknown): Wire {
  return convert(value, []) ?? null;
}

/** The same for a resource's whole property bag: reserved names are left out too, and what is no object is empty. */
export function toWireProperties(properties: unknown): WireProperties {
  const wire = toWire(properties);
  if (typeof wire !== "object" || wire === null || Array.isArray(wire)) return {};
  return Object.fromEntries(Object.entries(wire).filter(([key]) => !isReservedKey(key)));
}

type Path = readonly object[];

function convert(value: unknown, path: Path): Wire | undefined {
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "boolean":
      return value;
    case "number":
      // Adding zero turns -0, which JSON forgets, into 0.
      return Number.isFinite(value) ? value + 0 : null;
    case "bigint":
      return value.toString();
    case "object":
      if (value === null || path.includes(value) || path.length >= MAX_DEPTH) return null;
      try {
        return convertObject(value, path);
      } catch {
        // A getter or a proxy that throws.
        return null;
      }
    default:
      return undefined;
  }
}

function convertObject(value: object, path: Path): Wire {
  const inside = [...path, value];
  if (Array.isArray(value)) return Array.from(value, (item) => convert(item, inside) ?? null);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof ArrayBuffer) return toHex(new Uint8Array(value));
  if (ArrayBuffer.isView(value))
    return toHex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof Set) return Array.from(value, (item) => convert(item, inside) ?? null);
  if (value instanceof Map) {
    return convertEntries(
      Object.fromEntries(Array.from(value, ([key, item]) => [String(key), item])),
      inside,
    );
  }
  if (value instanceof String || value instanceof Number || value instanceof Boolean) {
    return convert(value.valueOf(), inside) ?? null;
  }
  if (value instanceof Error) return value.message.toWellFormed();
  if (value instanceof URL) return value.href;
  return convertEntries(value, inside);
}

function convertEntries(value: object, inside: Path): { [key: string]: Wire } {
  const entries: [string, Wire][] = [];
  for (const key of Object.keys(value)) {
    // The receiving side assigns keys one by one, where this one would set a prototype.
    if (key === "__proto__") continue;
    const converted = convert(read(value, key), inside);
    if (converted !== undefined) entries.push([key.toWellFormed(), converted]);
  }
  return Object.fromEntries(entries);
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");

/** Bytes of a value as a protobuf `Value`, at most a few over: strings in UTF-8, numbers as doubles, lengths as varints. */
export function wireSize(value: Wire): number {
  if (value === null || typeof value === "boolean") return 2;
  if (typeof value === "number") return 9;
  if (typeof value === "string") return framed(Buffer.byteLength(value));
  const inside = Array.isArray(value)
    ? value.reduce<number>((sum, item: Wire) => sum + framed(wireSize(item)), 0)
    : Object.entries(value).reduce(
        (sum, [key, item]) => sum + framed(framed(Buffer.byteLength(key)) + framed(wireSize(item))),
        0,
      );
  return framed(inside);
}

/** A length-delimited field: one byte of tag, the length in seven-bit groups, the content. */
function framed(length: number): number {
  let groups = 1;
  for (let rest = length; rest >= 128; rest = Math.floor(rest / 128)) groups += 1;
  return 1 + groups + length;
}
