import { z } from "zod";
import { fail, ok, type Parsed, show } from "./parsed.ts";

export const MILLISECOND = 1;
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS = [
  ["d", DAY],
  ["h", HOUR],
  ["m", MINUTE],
  ["s", SECOND],
  ["ms", MILLISECOND],
] as const;

const NANOS_PER_MILLI = 1_000_000;

/** The wire carries durations as int64 nanoseconds: 292 years. */
export const MAX_DURATION_MS = Number((2n ** 63n - 1n) / BigInt(NANOS_PER_MILLI));

const TEXT = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const SECONDS = /^(\d+)(?:\.(\d{1,3}))?$/;
const WRITE = "write it as 90d, 1h30m, 30s, 500ms, or a number of seconds";

/**
 * Reads a duration: text (`90d`, `1h30m`, `500ms`; units d, h, m, s, ms in that order) or a number of seconds.
 * Gives whole milliseconds; anything finer is refused, because JSON numbers can't carry it unharmed.
 */
export const parseDuration = (value: string | number): Parsed<number> => {
  const milliseconds = typeof value === "number" ? fromSeconds(value) : fromText(value);
  if (milliseconds === undefined) return fail(problem(value));
  if (milliseconds > BigInt(MAX_DURATION_MS)) {
    return fail(
      `${show(value)} is longer than 292 years, the most that the server can store: leave it out for none`,
    );
  }
  return ok(Number(milliseconds));
};

const fromSeconds = (value: number): bigint | undefined => {
  const parts = SECONDS.exec(String(value));
  if (parts === null) return undefined;
  return BigInt(parts[1] ?? 0) * 1000n + BigInt((parts[2] ?? "").padEnd(3, "0"));
};

const fromText = (value: string): bigint | undefined => {
  const parts = TEXT.exec(value);
  if (parts === null || value === "") return undefined;
  return UNITS.reduce((sum, [, size], index) => sum + BigInt(parts[index + 1] ?? 0) * BigInt(size), 0n);
};

const problem = (value: string | number): string => {
  if (typeof value === "number") {
    if (value < 0) return `${show(value)} is negative: a duration is 0 or more; ${WRITE}`;
    return `${show(value)} is not a whole number of milliseconds: round it to three decimals of a second`;
  }
  if (/^\d+(\.\d+)?$/.test(value))
    return `${show(value)} has no unit: write ${value}s for seconds, or drop the quotes`;
  if (/(ns|us|µs)$/.test(value))
    return `${show(value)} is finer than a millisecond: whole milliseconds only; ${WRITE}`;
  if (/\d\.\d/.test(value))
    return `${show(value)} has a fraction: write it in smaller units, such as 1h30m for 1.5h`;
  return `${show(value)} is not a duration: ${WRITE}`;
};

/** The one spelling of a duration: largest units first, no zero parts; `0s` for none. */
export const formatDuration = (milliseconds: number): string => {
  let rest = milliseconds;
  let text = "";
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === "" ? "0s" : text;
};

/** Milliseconds of a canonical duration text. Throws a TypeError on anything else: canonical input can't hold it. */
export const durationMs = (text: string): number => {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new TypeError(parsed.message);
  return parsed.value;
};

/**
 * Nanoseconds for the wire. The product may exceed 2^53, but whole milliseconds up to 292 years have at most 13
 * significant digits, and a double prints up to 15 unharmed: the JSON digits are exact.
 */
export const toWireNanos = (milliseconds: number): number =>
  Number(BigInt(milliseconds) * BigInt(NANOS_PER_MILLI));

/** Milliseconds of a duration read from the wire; what other tools set finer than that is rounded. */
export const fromWireNanos = (nanoseconds: number): number => Math.round(nanoseconds / NANOS_PER_MILLI);

/** Canonical duration text to wire nanoseconds, and back. */
export const wireDuration = (text: string): number => toWireNanos(durationMs(text));
export const textDuration = (nanoseconds: number): string => formatDuration(fromWireNanos(nanoseconds));

export interface DurationRange {
  /** Least allowed above zero, in milliseconds. */
  readonly least?: number;
}

/** The schema of a duration: canonical text, or undefined for zero, which means none. */
export const duration = ({ least = MILLISECOND }: DurationRange = {}) =>
  z
    .union([z.string(), z.number()], { error: ({ input }) => `${show(input)} is not a duration: ${WRITE}` })
    .transform((value, context): string | undefined => {
      const parsed = parseDuration(value);
      const message = parsed.ok ? tooShort(value, parsed.value, least) : parsed.message;
      if (message !== undefined) {
        context.issues.push({ code: "custom", message, input: value });
        return z.NEVER;
      }
      return parsed.ok && parsed.value > 0 ? formatDuration(parsed.value) : undefined;
    });

const tooShort = (value: string | number, milliseconds: number, least: number): string | undefined =>
  milliseconds > 0 && milliseconds < least
    ? `${show(value)} is too short: at least ${formatDuration(least)}, or leave it out for none`
    : undefined;
