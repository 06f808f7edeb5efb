import { z } from "zod";
import { connectionSchema } from "../clients/nats/settings.ts";
import { bytes } from "../providers/jetstream/bytes.ts";
import type { ConsumerDeclaration } from "../providers/jetstream/consumer/schema.ts";
import type { KeyValueDeclaration } from "../providers/jetstream/key-value/schema.ts";
import type { ObjectStoreDeclaration } from "../providers/jetstream/object-store/schema.ts";
import type { StreamDeclaration } from "../providers/jetstream/stream/schema.ts";
import { PROFILES } from "./profiles.ts";

/** A resource of an environment: the kind's own declaration; its name is the key unless it says otherwise. */
type Keyed<Declaration, Name extends keyof Declaration> = Omit<Declaration, Name | "owner"> &
  Partial<Pick<Declaration, Name>>;

export interface MessagingDeclarations {
  readonly streams: Readonly<Record<string, Keyed<StreamDeclaration, "name">>>;
  readonly buckets: Readonly<Record<string, Keyed<KeyValueDeclaration, "bucket">>>;
  readonly objectStores: Readonly<Record<string, Keyed<ObjectStoreDeclaration, "bucket">>>;
  readonly consumers: Readonly<Record<string, Keyed<ConsumerDeclaration, "durable">>>;
}

const ENTRY = "write properties under it, {} for its defaults, or null to take the preset's away";

/**
 * Null takes an entry of the preset away, and a section with nothing under it has no entries. What an entry may hold is
 * the kind's own schema's business. A prototype's name is refused, since the parser would drop it unseen.
 */
const entries = z
  .preprocess(
    (section, context) => {
      if (section === null) return {};
      if (typeof section === "object" && Object.hasOwn(section, "__proto__")) {
        context.addIssue({
          code: "custom",
          path: ["__proto__"],
          message: "is not a name: choose another one",
        });
      }
      return section;
    },
    z.record(
      z.string().min(1, { error: "is empty: give it a name" }),
      z.union([z.null(), z.record(z.string(), z.unknown())], { error: `is not a declaration: ${ENTRY}` }),
      { error: "is not a map of declarations: write each under its name" },
    ),
  )
  .default({});

export const natsSection = z.strictObject({
  /** How to reach the servers. Left out when the ground is embedded. */
  connection: connectionSchema.optional(),
  /** `fleet`: the 25 resources of config/presets/fleet.ts; entries below add to it, change it, or (null) take away. */
  preset: z.enum(["fleet"]).optional(),
  /** What the streams of this environment may reserve together, where the server's own limit can't be seen. */
  storageBudget: bytes.optional(),
  streams: entries,
  buckets: entries,
  objectStores: entries,
  consumers: entries,
});

/** The keys of the `slipway:` namespace. */
export const rootSchema = z.strictObject({
  /** What the environment is for; sets defaults. Default: dev when embedded, else staging. */
  profile: z.enum(PROFILES).optional(),
  /** `embedded`: Slipway starts the servers itself on this machine. Default: external. */
  ground: z.enum(["embedded", "external"]).default("external"),
  nats: natsSection.optional(),
});

export type RootConfig = z.output<typeof rootSchema>;
export type NatsSection = z.output<typeof natsSection>;
