import type { z } from "zod";

/** One property that differs between what is stored and what is declared. Paths are those of the inputs. */
export interface Change {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  /** What changing this property does. `refused` carries a reason and stops the run. */
  readonly effect: "update" | "replace" | "refused";
  readonly reason?: string;
  readonly remedy?: string;
}

/** What a change means, decided without I/O. */
export interface Plan {
  readonly action: "none" | "update" | "replace" | "refused";
  readonly changes: readonly Change[];
  /** Of a replacement: whether the declaration consents to losing what the old one holds. Default: true. */
  readonly consented?: boolean;
}

/** What a resource keeps in Pulumi's state: the inputs it was last made from, and what only the ground could tell. */
export interface Stored<Input, Computed> {
  readonly input: Input;
  readonly computed: Computed;
}

/** What the kernel hands to every effect. Nothing in it is captured by the stored provider text. */
export interface Context {
  /** Stack config by full key (`slipway:nats`), decrypted; structured values are JSON text. */
  readonly config: (key: string) => string | undefined;
  /** One line of progress for a person; name the resource in it. */
  readonly log: (line: string) => void;
  /** Aborted when the engine goes away; long waits stop at it. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** True while `delete` runs as the first half of a replacement that the new declaration consents to. */
  readonly replacing: boolean;
}

/** Takes the stored inputs and computed values of one version to the next. Pure. */
export type Migration = (stored: Record<string, unknown>) => Record<string, unknown>;

/**
 * A kind: what may be declared, what a change means, and how it is done. The kernel turns it into a Pulumi dynamic
 * provider (`toProvider`); the kind itself knows nothing of Pulumi.
 *
 * `Input` is the canonical form that `schema` gives: defaults left out, sets sorted, one spelling for each value.
 * `Computed` holds only what inputs don't tell; its keys are `computedKeys` and never meet those of `Input`.
 */
export interface Kind<Input extends object, Computed extends object> {
  /** `Stream` makes the type token `pulumi-nodejs:dynamic/slipway:Stream`. */
  readonly name: string;
  /** Version of what is stored. `migrations[i]` takes version i + 1 to i + 2, so its length is `version - 1`. */
  readonly version: number;
  readonly migrations: readonly Migration[];
  /** Strict; parses a declaration to canonical form, idempotently. All issues are reported together. */
  readonly schema: z.ZodType<Input>;
  readonly computedKeys: readonly (keyof Computed & string)[];
  /** Inputs that permit or guide one run (`adopt`, `allowDataLoss`) and are neither stored nor compared. */
  readonly transientKeys: readonly (keyof Input & string)[];

  /** Pure and quick: runs in every preview. */
  plan(prior: Input, next: Input): Plan;
  /** Finds and completes what an interrupted create of the same resource made. */
  create(context: Context, next: Input): Promise<{ id: string } & Stored<Input, Computed>>;
  /** Undefined when the resource is gone. `prior` is absent for a `get` by id. Throws when the ground can't tell. */
  read(
    context: Context,
    id: string,
    prior?: Stored<Input, Computed>,
  ): Promise<Stored<Input, Computed> | undefined>;
  /** A reconcile: also finishes a half-done create or update. */
  update(
    context: Context,
    id: string,
    prior: Stored<Input, Computed>,
    next: Input,
  ): Promise<Stored<Input, Computed>>;
  /** Gone already is success. */
  delete(context: Context, id: string, prior: Stored<Input, Computed>): Promise<void>;
}
