import { z } from "zod";
import { unknownKeys } from "../fields.ts";
import { holdsTo } from "../rules.ts";
import { canonicalConsumer } from "./canonical.ts";
import { consumerFields } from "./fields.ts";
import { CONSUMER_RULES } from "./rules.ts";

const known = Object.keys(consumerFields).join(", ");

/** A durable consumer as a user declares it; parses to canonical form: defaults left out, sets sorted, one spelling. */
export const consumerSchema = holdsTo(
  z.strictObject(consumerFields, { error: unknownKeys(known, "a consumer: {stream, durable, ...}") }),
  CONSUMER_RULES,
).transform(canonicalConsumer);

/** Canonical. */
export type ConsumerInput = z.output<typeof consumerSchema>;
/** As declared. */
export type ConsumerDeclaration = z.input<typeof consumerSchema>;
