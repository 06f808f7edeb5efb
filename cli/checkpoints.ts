/**
 * The resource types that come to no harm when a killed run leaves no trace of them in the state: their create
 * recognises what an interrupted create of the same resource made. Components and the stack have nothing outside the
 * state. A kind is listed here when the crash tests hold it to that.
 */
const HEALING_TYPES: ReadonlySet<string> = new Set([
  "pulumi-nodejs:dynamic/slipway:Consumer",
  "pulumi-nodejs:dynamic/slipway:KeyValue",
  "pulumi-nodejs:dynamic/slipway:ObjectStore",
  "pulumi-nodejs:dynamic/slipway:Stream",
  "pulumi:pulumi:Stack",
]);
const HEALING_PREFIXES = ["slipway:", "pulumi:providers:"] as const;

/** The sections of the stack config that declare only such resources, or none. */
const HEALING_SECTIONS: ReadonlySet<string> = new Set(["slipway:ground", "slipway:nats", "slipway:profile"]);

export const healsFromLostState = (type: string): boolean =>
  HEALING_TYPES.has(type) || HEALING_PREFIXES.some((prefix) => type.startsWith(prefix));

export interface CheckpointFacts {
  /** `--checkpoints`. */
  readonly wanted: boolean;
  readonly fileBackend: boolean;
  /** Every type in the state. */
  readonly types: readonly string[];
  /** The stack config by full key: what is not in the state yet is declared there. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Whether the engine may save the state once, at the end, instead of twice a resource (`PULUMI_SKIP_CHECKPOINTS`).
 * A failed run and one stopped by Ctrl-C are saved all the same; kill -9 is not, hence the conditions. A file backend
 * rewrites the whole state at every save, so that they are most of what a large up costs there.
 */
export const maySkipCheckpoints = ({ wanted, fileBackend, types, config }: CheckpointFacts): boolean =>
  !wanted &&
  fileBackend &&
  types.every(healsFromLostState) &&
  Object.entries(config).every(([key, value]) => declaresOnlyHealing(key, value));

/** Keys of other namespaces and encrypted scalars declare nothing. */
const declaresOnlyHealing = (key: string, value: unknown): boolean =>
  !key.startsWith("slipway:") || HEALING_SECTIONS.has(key) || isEncrypted(value);

const isEncrypted = (value: unknown): boolean =>
  typeof value === "object" && value !== null && typeof (value as { secure?: unknown }).secure === "string";
