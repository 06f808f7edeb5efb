import { SlipwayError } from "./errors.ts";
import type { Kind, Stored } from "./kind.ts";
import { isReservedKey, toWireProperties, type WireProperties } from "./wire.ts";

/** The property that tells which version of a kind wrote a resource's outputs. */
export const VERSION_KEY = "v";

/** What state holds of a resource, in today's form. */
export interface ParsedState<Input, Computed> extends Stored<Input, Computed> {
  /** True when migrations ran: state and today's form may differ where the engine, which compares inputs, sees nothing. */
  readonly migrated: boolean;
}

/**
 * Reads the outputs that a `Kind` of any released version left in state. Undefined when there are none, as for a `get`
 * by id. Outputs without a version are of version 1.
 *
 * @throws SlipwayError `state-version` when a newer Slipway wrote them.
 */
export function parseState<Input extends object, Computed extends object>(
  kind: Kind<Input, Computed>,
  outs: Readonly<Record<string, unknown>>,
): ParsedState<Input, Computed> | undefined {
  const { [VERSION_KEY]: tag, ...rest } = withoutReserved(outs);
  if (tag === undefined && Object.keys(rest).length === 0) return undefined;
  const version = checkVersion(kind, tag === undefined ? 1 : tag, rest);
  const record = kind.migrations.slice(version - 1).reduce((stored, migrate) => migrate(stored), rest);
  const input: Record<string, unknown> = {};
  const computed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(record)) {
    if (isOneOf(kind.computedKeys, key)) computed[key] = value;
    else if (!isOneOf(kind.transientKeys, key)) input[key] = value;
  }
  return { input: input as Input, computed: computed as Computed, migrated: version < kind.version };
}

/**
 * The outputs to store: inputs, computed values and the version side by side, flat, without the transient keys. Never
 * throws: it runs when the ground is changed already.
 */
export function formatState<Input extends object, Computed extends object>(
  kind: Kind<Input, Computed>,
  stored: Stored<Input, Computed>,
): WireProperties {
  const computed = Object.entries(toWireProperties(stored?.computed)).filter(([key]) =>
    isOneOf(kind.computedKeys, key),
  );
  return {
    ...formatInput(kind, stored?.input),
    ...Object.fromEntries(computed),
    [VERSION_KEY]: kind.version,
  };
}

/** The inputs that a refresh reports: those of the resource as it is, without the transient keys. Never throws. */
export function formatInput<Input extends object, Computed extends object>(
  kind: Kind<Input, Computed>,
  input: Input,
): WireProperties {
  return Object.fromEntries(
    Object.entries(toWireProperties(input)).filter(
      ([key]) => key !== VERSION_KEY && !isOneOf(kind.transientKeys, key),
    ),
  );
}

export function withoutReserved(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).filter(([key, value]) => !isReservedKey(key) && value !== undefined),
  );
}

export const isOneOf = (keys: readonly string[], key: string): boolean => keys.includes(key);

function checkVersion<Input extends object, Computed extends object>(
  kind: Kind<Input, Computed>,
  tag: unknown,
  outs: Readonly<Record<string, unknown>>,
): number {
  const resource = nameOf(outs);
  if (typeof tag !== "number" || !Number.isInteger(tag) || tag < 1) {
    throw new SlipwayError({
      errorCode: "unexpected",
      kind: kind.name,
      resource,
      detail: `the stored state has version ${JSON.stringify(tag)}, which no Slipway writes`,
      remedy:
        "restore the stack's state from a backup, or correct it with `pulumi stack export` and `import`",
    });
  }
  if (tag > kind.version) {
    throw new SlipwayError({
      errorCode: "state-version",
      kind: kind.name,
      resource,
      detail: `the stored state is of version ${tag}, this Slipway knows versions up to ${kind.version}`,
      remedy:
        "use the newer Slipway that wrote it: update this checkout, install its dependencies, run again",
    });
  }
  return tag;
}

/** A resource's own name as far as its properties tell it. */
export function nameOf(properties: Readonly<Record<string, unknown>>, id?: string): string {
  const { name, owner } = properties;
  if (typeof name === "string" && name !== "") return name;
  if (id !== undefined && id !== "") return id;
  if (typeof owner === "string" && owner !== "") return owner;
  return "(not named yet)";
}
