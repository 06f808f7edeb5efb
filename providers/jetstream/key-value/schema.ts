import { z } from "zod";
import { bytesOf } from "../bytes.ts";
import { MAX_INT32 } from "../defaults.ts";
import { unknownKeys } from "../fields.ts";
import { repeatedOrigin } from "../origin.ts";
import { show } from "../parsed.ts";
import { holdsTo, type Rule } from "../rules.ts";
import { collide, keyValueSubjects, mappingProblem } from "../subjects.ts";
import { canonicalKeyValue } from "./canonical.ts";
import { type KeyValueFields, keyValueFields } from "./fields.ts";

const RULES: readonly Rule<KeyValueFields>[] = [
  {
    at: "maxValueSize",
    problem: ({ maxValueSize }) =>
      maxValueSize !== undefined && bytesOf(maxValueSize) > MAX_INT32
        ? `${maxValueSize} is too large: at most ${MAX_INT32}B, which is 2GiB - 1`
        : undefined,
  },
  {
    at: "maxValueSize",
    with: ["maxBytes"],
    problem: ({ maxValueSize, maxBytes }) =>
      maxValueSize !== undefined && maxBytes !== undefined && bytesOf(maxValueSize) > bytesOf(maxBytes)
        ? `${maxValueSize} is larger than maxBytes ${maxBytes}, such a value would never fit: at most ${maxBytes}`
        : undefined,
  },
  {
    at: "sources",
    with: ["mirror"],
    problem: ({ sources, mirror }) =>
      mirror !== undefined && (sources ?? []).length > 0
        ? "is not possible on a mirror: remove sources or mirror"
        : undefined,
  },
  {
    at: "limitMarkerTtl",
    with: ["mirror"],
    problem: ({ limitMarkerTtl, mirror }) =>
      mirror !== undefined && limitMarkerTtl !== undefined
        ? "is not possible on a mirror: remove limitMarkerTtl or mirror"
        : undefined,
  },
  {
    at: "republish",
    problem: ({ republish }) => republish && mappingProblem(republish.src ?? ">", republish.dest),
  },
  {
    at: "republish",
    with: ["bucket", "mirror"],
    problem: ({ republish, bucket, mirror }) =>
      republish !== undefined &&
      mirror === undefined &&
      keyValueSubjects(bucket).some((subject) => collide(republish.dest, subject))
        ? `dest ${show(republish.dest)} comes back into the bucket, a cycle: choose a subject outside $KV.${bucket}`
        : undefined,
  },
  {
    at: "mirror",
    with: ["bucket"],
    problem: ({ mirror, bucket }) => mirror && originProblem(mirror, bucket),
  },
  {
    at: "sources",
    with: ["bucket"],
    problem: ({ sources, bucket }) =>
      sources?.map((origin) => originProblem(origin, bucket)).find((problem) => problem !== undefined) ??
      repeatedOrigin(sources ?? [], (origin) => origin.bucket),
  },
];

const originProblem = (origin: NonNullable<KeyValueFields["mirror"]>, own: string): string | undefined => {
  const { bucket, domain, external, startSeq, startTime } = origin;
  if (domain !== undefined && external !== undefined) {
    return `${show(bucket)} has domain and external: keep one, domain is short for its api`;
  }
  if (startSeq !== undefined && startTime !== undefined)
    return `${show(bucket)} has startSeq and startTime: keep one`;
  if (bucket === own && domain === undefined && external === undefined) {
    return `${show(bucket)} can't be copied from itself: name another bucket, or its domain`;
  }
  return undefined;
};

const known = Object.keys(keyValueFields).join(", ");

/** A key-value bucket as a user declares it; parses to canonical form: defaults left out, sets sorted, one spelling. */
export const keyValueSchema = holdsTo(
  z.strictObject(keyValueFields, { error: unknownKeys(known, "a bucket: {bucket, ...}") }),
  RULES,
).transform(canonicalKeyValue);

/** Canonical. */
export type KeyValueInput = z.output<typeof keyValueSchema>;
/** As declared. */
export type KeyValueDeclaration = z.input<typeof keyValueSchema>;
