import { z } from "zod";
import { fail, ok, type Parsed, show } from "./parsed.ts";

const UNITS = [
  ["PiB", 2 ** 50],
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
  ["B", 1],
] as const;

/** What the wire and this program call "no limit". */
export const UNLIMITED = -1;

const TEXT = /^(\d+)(B|KiB|MiB|GiB|TiB|PiB)$/;
const AMBIGUOUS = /^(\d+) ?(K|M|G|T|P)B?$/i;
const WRITE = 'write 512MiB, 1GiB, a number of bytes, or "unlimited"';

/**
 * Reads a size: a whole number of bytes, text with a binary unit (`512MiB`), or `-1` / `unlimited`.
 * Decimal units (`1GB`) are refused: half of all tools mean 10^9 by them and the other half 2^30.
 */
export const parseBytes = (value: string | number): Parsed<number> => {
  if (value === UNLIMITED || value === "unlimited" || value === "-1") return ok(UNLIMITED);
  if (value === 0 || value === "0" || value === "0B") {
    return fail(`${show(value)} is what the server takes for no limit: say "unlimited", or leave it out`);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0) {
      return fail(`${show(value)} is not a size: a whole number of bytes; ${WRITE}`);
    }
    return ok(value);
  }
  const parts = TEXT.exec(value);
  if (parts === null) return fail(problem(value));
  const unit = UNITS.find(([name]) => name === parts[2])?.[1] ?? 1;
  const bytes = Number(parts[1]) * unit;
  if (!Number.isSafeInteger(bytes)) return fail(`${show(value)} is too large: at most 8191TiB; ${WRITE}`);
  if (bytes === 0) return fail(`${show(value)} is what the server takes for no limit: say "unlimited"`);
  return ok(bytes);
};

const problem = (value: string): string => {
  const ambiguous = AMBIGUOUS.exec(value);
  if (ambiguous !== null) {
    const binary = `${ambiguous[1]}${ambiguous[2]?.toUpperCase()}iB`;
    return `${show(value)} could mean powers of 1000 or of 1024: write ${binary} for powers of 1024`;
  }
  if (/^\d+$/.test(value)) return `${show(value)} has no unit: write ${value}B, or drop the quotes`;
  if (/\d\.\d/.test(value))
    return `${show(value)} has a fraction: write it in a smaller unit, such as 1536MiB for 1.5GiB`;
  return `${show(value)} is not a size: ${WRITE}`;
};

/** The one spelling of a size: the largest binary unit that divides it; `unlimited` for -1. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 0) return "unlimited";
  const [unit, size] = UNITS.find(([, size]) => bytes >= size && bytes % size === 0) ?? ["B", 1];
  return `${bytes / size}${unit}`;
};

/** Bytes of a canonical size text. Throws a TypeError on anything else: canonical input can't hold it. */
export const bytesOf = (text: string): number => {
  const parsed = parseBytes(text);
  if (!parsed.ok) throw new TypeError(parsed.message);
  return parsed.value;
};

/** A size for people: three significant figures, `1.62 GiB`. */
export const approximateBytes = (bytes: number): string => {
  const [unit, size] = UNITS.find(([, size]) => Math.abs(bytes) >= size) ?? ["B", 1];
  const amount = bytes / size;
  return `${Number.isInteger(amount) ? amount : amount.toPrecision(amount >= 1000 ? 4 : 3)} ${unit}`;
};

/** The schema of a size: canonical text, or undefined for unlimited. */
export const bytes = z
  .union([z.string(), z.number()], { error: ({ input }) => `${show(input)} is not a size: ${WRITE}` })
  .transform((value, context): string | undefined => {
    const parsed = parseBytes(value);
    if (parsed.ok) return parsed.value === UNLIMITED ? undefined : formatBytes(parsed.value);
    context.issues.push({ code: "custom", message: parsed.message, input: value });
    return z.NEVER;
  });
