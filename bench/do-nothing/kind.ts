import { z } from "zod";
import type { Kind, Stored } from "../../providers/kernel/kind.ts";

const schema = z.strictObject({ limit: z.number(), owner: z.string() });
type Input = z.output<typeof schema>;

/** Holds nothing that the engine and the kernel don't need themselves. */
type Computed = Record<never, never>;

const stored = async (input: Input): Promise<Stored<Input, Computed>> => ({ input, computed: {} });

/** A resource without a thing behind it: whatever it costs is the engine's, the host's or the kernel's. */
export const doNothing: Kind<Input, Computed> = {
  name: "DoNothing",
  version: 1,
  migrations: [],
  schema,
  computedKeys: [],
  transientKeys: [],
  plan: (prior, next) =>
    prior.limit === next.limit
      ? { action: "none", changes: [] }
      : {
          action: "update",
          changes: [{ path: "limit", before: prior.limit, after: next.limit, effect: "update" }],
        },
  create: async (_context, next) => ({ id: next.owner, ...(await stored(next)) }),
  read: async (_context, _id, prior) => prior,
  update: (_context, _id, _prior, next) => stored(next),
  delete: async () => {},
};
