import type { Kind } from "../../kernel/kind.ts";
import { type ConsumerComputed, consumerEffects } from "../consumer-effects.ts";
import type { OpenBackend } from "../effects.ts";
import { planConsumer } from "../plan.ts";
import { type ConsumerInput, consumerSchema } from "./schema.ts";

/** What a program's class needs to know of the kind. */
export const CONSUMER_FACTS = {
  name: "Consumer",
  schema: consumerSchema,
  computedKeys: ["created", "resumed"] as const satisfies readonly (keyof ConsumerComputed)[],
} as const;

/** The kind over whatever server `open` gives. */
export const consumerKind = (open: OpenBackend): Kind<ConsumerInput, ConsumerComputed> => ({
  ...CONSUMER_FACTS,
  version: 1,
  migrations: [],
  transientKeys: ["adopt", "allowReplace"],
  plan: planConsumer,
  ...consumerEffects(open),
});
