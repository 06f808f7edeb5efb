import { z } from "zod";
import { unknownKeys } from "../fields.ts";
import { holdsTo } from "../rules.ts";
import { canonicalStream } from "./canonical.ts";
import { streamFields } from "./fields.ts";
import { STREAM_RULES } from "./rules.ts";

const known = Object.keys(streamFields).join(", ");

/** A JetStream stream as a user declares it; parses to canonical form: defaults left out, sets sorted, one spelling. */
export const streamSchema = holdsTo(
  z.strictObject(streamFields, { error: unknownKeys(known, "a stream: {name, ...}") }),
  STREAM_RULES,
).transform(canonicalStream);

/** Canonical. */
export type StreamInput = z.output<typeof streamSchema>;
/** As declared. */
export type StreamDeclaration = z.input<typeof streamSchema>;
