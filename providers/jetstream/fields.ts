import { z } from "zod";
import { RESERVED_PREFIXES } from "./mark.ts";
import { streamNameProblem } from "./names.ts";
import { byteLength, bytewise, show } from "./parsed.ts";
import { literalProblem, subjectProblem } from "./subjects.ts";

/** Building blocks of the kinds' schemas: each reads one property, and says in one line what is wrong and what to do. */

/** JSMaxDescriptionLen of nats-server, in bytes. */
const MAX_DESCRIPTION_BYTES = 4096;
/** JSMaxMetadataLen of nats-server: keys and values together, in bytes. */
const MAX_METADATA_BYTES = 128 * 1024;
/** StreamMaxReplicas of nats-server. */
const MAX_REPLICAS = 5;
/** Numbers of the wire that don't fit a JSON number exactly are refused. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

const missingOr = (expected: string) => (issue: { readonly input?: unknown }) =>
  issue.input === undefined ? `is missing: give ${expected}` : `${show(issue.input)} is not ${expected}`;

/** The error of a strict object: names what is unknown and lists what is known. */
export const unknownKeys =
  (known: string, expected: string) =>
  (issue: { readonly code?: string; readonly input?: unknown; readonly keys?: readonly string[] }): string =>
    issue.code === "unrecognized_keys"
      ? `${(issue.keys ?? []).map(show).join(", ")} is not a property here: known are ${known}`
      : missingOr(expected)(issue);

/** Adds the one line that `problem` finds, if any. */
export const text = (expected: string, problem?: (value: string) => string | undefined) =>
  z.string({ error: missingOr(expected) }).superRefine((value, context) => {
    const message = problem?.(value);
    if (message !== undefined) context.addIssue({ code: "custom", message, input: value });
  });

export const flag = () => z.boolean({ error: missingOr("true or false") });

export const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: missingOr(`one of ${values.join(", ")}`) });

/** A whole number from `least` to `most`. */
export const whole = (least: number, most = MAX_COUNT) => {
  const expected =
    most === MAX_COUNT ? `a whole number, ${least} or more` : `a whole number from ${least} to ${most}`;
  return z
    .number({ error: missingOr(expected) })
    .refine((value) => Number.isSafeInteger(value) && value >= least && value <= most, {
      error: ({ input }) => `${show(input)} is not allowed: give ${expected}`,
    });
};

/** A count with a limit, 1 or more; `-1` and `unlimited` become undefined. */
export const limit = (most = MAX_COUNT) => {
  const range = most === MAX_COUNT ? "1 or more" : `1 to ${most}`;
  const expected = `a whole number, ${range}, or "unlimited"`;
  return z
    .union([z.number(), z.literal("unlimited")], { error: missingOr(expected) })
    .transform((value, context): number | undefined => {
      if (value === "unlimited" || value === -1) return undefined;
      if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
      const zero = value === 0 ? " (the server takes 0 for no limit)" : "";
      context.issues.push({
        code: "custom",
        message: `${show(value)} is not allowed${zero}: give ${expected}`,
        input: value,
      });
      return z.NEVER;
    });
};

export const description = () =>
  text("a text", (value) => {
    const length = byteLength(value);
    return length > MAX_DESCRIPTION_BYTES
      ? `has ${length} bytes: at most ${MAX_DESCRIPTION_BYTES}; shorten it`
      : undefined;
  });

export const replicas = () => whole(1, MAX_REPLICAS);

export const subject = () => text("a subject such as orders.>", subjectProblem);
export const literalSubject = () => text("a subject without wildcards", literalProblem);

/** Of a set of texts, each once; the order doesn't count. */
export const setOf = (member: z.ZodType<string, string>, expected: string) =>
  z.array(member, { error: missingOr(expected) }).superRefine((values, context) => {
    values.forEach((value, index) => {
      if (values.indexOf(value) === index) return;
      context.addIssue({
        code: "custom",
        message: `${show(value)} is there twice: take one out`,
        path: [index],
        input: value,
      });
    });
  });

/** An RFC 3339 instant; canonical in UTC. */
export const instant = () =>
  z
    .string({ error: missingOr("an instant such as 2026-01-31T12:00:00Z") })
    .transform((value, context): string => {
      const canonical = canonicalInstant(value);
      if (canonical !== undefined) return canonical;
      context.issues.push({
        code: "custom",
        message: `${show(value)} is not an instant: write it as 2026-01-31T12:00:00Z, with its time zone`,
        input: value,
      });
      return z.NEVER;
    });

const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** RFC 3339 in UTC without trailing zeros; keeps up to nanoseconds. Undefined when the text is not an instant. */
export const canonicalInstant = (value: string): string | undefined => {
  const parts = INSTANT.exec(value);
  const time = Date.parse(value);
  if (parts === null || Number.isNaN(time)) return undefined;
  const fraction = (parts[1] ?? "").replace(/0+$/, "");
  return `${new Date(time).toISOString().slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
};

export const placement = () =>
  z.strictObject(
    {
      /** Name of the cluster to live in. */
      cluster: text("the name of a cluster").optional(),
      /** Server tags that all must be there. */
      tags: setOf(text("a server tag"), "a list of server tags").optional(),
    },
    { error: unknownKeys("cluster, tags", "a placement: {cluster, tags}") },
  );

export const subjectTransform = () =>
  z.strictObject(
    { src: subject().optional(), dest: text("a subject to map to") },
    { error: unknownKeys("src, dest", "a transform: {src, dest}") },
  );

export const republish = () =>
  z.strictObject(
    {
      /** What to republish. Default: everything. */
      src: subject().optional(),
      dest: text("a subject to republish to"),
      /** Only headers, no payload. Default: false. */
      headersOnly: flag().optional(),
    },
    { error: unknownKeys("src, dest, headersOnly", "a republish: {src, dest, headersOnly}") },
  );

const external = () =>
  z.strictObject(
    { api: literalSubject(), deliver: literalSubject().optional() },
    { error: unknownKeys("api, deliver", "an external: {api, deliver}") },
  );

const sourceFields = {
  /** First sequence to copy. Default: the origin's first. */
  startSeq: whole(1).optional(),
  /** First instant to copy. Default: the origin's first. */
  startTime: instant().optional(),
  /** JetStream domain of the origin; short for `external: {api: "$JS.<domain>.API"}`. */
  domain: text("a JetStream domain").optional(),
  /** API prefix of the origin's account or domain. */
  external: external().optional(),
} as const;

/** Where a stream copies from. */
export const streamSource = () =>
  z.strictObject(
    {
      /** Name of the origin stream. */
      name: text("the name of a stream", streamNameProblem),
      ...sourceFields,
      /** Copies only these. Default: everything. Not together with subjectTransforms. */
      filterSubject: subject().optional(),
      /** Since 2.10. Copies what a `src` matches, under its `dest`. */
      subjectTransforms: z.array(subjectTransform(), { error: missingOr("a list of transforms") }).optional(),
      /** Since 2.14. A durable consumer of the origin to copy through. */
      consumer: z
        .strictObject(
          { name: text("the name of a consumer"), deliverSubject: literalSubject() },
          { error: unknownKeys("name, deliverSubject", "a consumer: {name, deliverSubject}") },
        )
        .optional(),
    },
    {
      error: unknownKeys(
        "name, startSeq, startTime, domain, external, filterSubject, subjectTransforms, consumer",
        "an origin: {name, ...}",
      ),
    },
  );

/** Where a bucket copies from. */
export const bucketSource = (bucket: z.ZodType<string, string>) =>
  z.strictObject(
    {
      /** Name of the origin bucket. */
      bucket,
      ...sourceFields,
    },
    { error: unknownKeys("bucket, startSeq, startTime, domain, external", "an origin: {bucket, ...}") },
  );

export const metadata = () =>
  z
    .record(z.string(), text("a text"), { error: missingOr("a map of texts") })
    .superRefine((entries, context) => {
      const size = Object.entries(entries).reduce(
        (sum, [key, value]) => sum + byteLength(key) + byteLength(value),
        0,
      );
      if (size > MAX_METADATA_BYTES) {
        const message = `has ${size} bytes: keys and values together at most ${MAX_METADATA_BYTES}; shorten them`;
        context.addIssue({ code: "custom", message, input: entries });
      }
      for (const key of Object.keys(entries).sort(bytewise)) {
        const prefix = RESERVED_PREFIXES.find((reserved) => key.startsWith(reserved));
        if (prefix === undefined) continue;
        const message = `${show(key)} starts with ${prefix}, which is reserved: rename the key`;
        context.addIssue({ code: "custom", message, path: [key], input: key });
      }
    });

/** What every kind accepts besides its own properties. */
export const ownership = {
  /** Whose it is: `<project>/<stack>/<logical name>`. Set by the resource class, kept as a mark on the server. */
  owner: text("an owner").optional(),
  /**
   * What to do when something of that name is there already and carries no mark of this resource. Default: `never`, an
   * error; `ifIdentical`: take it over when nothing differs; `always`: take it over and update it. Not stored.
   */
  adopt: oneOf(["never", "ifIdentical", "always"]).optional(),
  /** Permits delete and create where the server can't update in place. Default: false. Not stored. */
  allowReplace: flag().optional(),
} as const;

/** What every kind that holds messages accepts besides. */
export const protection = {
  ...ownership,
  /**
   * What happens to the data when the declaration goes. Default: `refuse`, an error while messages are held;
   * `delete`: deleted with everything in it; `retain`: left on the server. Updatable.
   */
  deletionPolicy: oneOf(["delete", "retain", "refuse"]).optional(),
  /** Permits changes that delete messages. Default: false. Not stored. */
  allowDataLoss: flag().optional(),
} as const;

export const PROTECTION_DEFAULTS = {
  adopt: "never",
  deletionPolicy: "refuse",
  allowDataLoss: false,
  allowReplace: false,
} as const;

/** Keys that guide one run and are neither stored nor compared. */
export const TRANSIENT_KEYS = ["adopt", "allowDataLoss", "allowReplace"] as const;
