import { type CheckFailure, quote, toCheckFailures, topLevelOf } from "./check-failures.ts";
import { type ConfigSource, createContext, logLine, setConfig } from "./context.ts";
import { engineSignal } from "./engine-watch.ts";
import { messageOf, PartialFailure, SlipwayError } from "./errors.ts";
import type { Change, Kind, Plan, Stored } from "./kind.ts";
import { toInitFailure, toLeavingError } from "./leaving.ts";
import { parseDeclaration, propertiesOf } from "./partial-parse.ts";
import { PROVIDER_KEY } from "./provider-text.ts";
import {
  formatInput,
  formatState,
  isOneOf,
  nameOf,
  type ParsedState,
  parseState,
  VERSION_KEY,
  withoutReserved,
} from "./state.ts";
import { hasUnknown } from "./unknown.ts";
import { isReservedKey, toWireProperties, type WireProperties } from "./wire.ts";

/** Properties as the host passes them: plain JSON, with the provider's own text among them. */
export type Properties = Readonly<Record<string, unknown>>;

export interface DiffResult {
  readonly changes?: boolean;
  readonly replaces?: string[];
  readonly deleteBeforeReplace?: boolean;
}

/** The methods that the dynamic provider host calls. Structurally a `pulumi.dynamic.ResourceProvider`. */
export interface DynamicProvider {
  configure(request: { config: ConfigSource }): Promise<void>;
  check(olds: Properties, news: Properties): Promise<{ inputs: WireProperties; failures: CheckFailure[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<DiffResult>;
  create(inputs: Properties): Promise<{ id: string; outs: WireProperties }>;
  read(
    id: string,
    props?: Properties,
  ): Promise<{ id?: string; props?: WireProperties; inputs?: WireProperties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: WireProperties }>;
  delete(id: string, props: Properties): Promise<void>;
}

/**
 * Makes a kind into a Pulumi dynamic provider. Whatever the kind returns or throws, only plain JSON and errors of our own
 * leave: `SlipwayError`, or `InitFailure` where part of the work is done.
 *
 * @throws Error at once when the kind contradicts itself, since then no resource of it could ever be kept.
 */
export function toProvider<Input extends object, Computed extends object>(
  kind: Kind<Input, Computed>,
): DynamicProvider {
  assertConsistent(kind);
  /** Ids whose last diff in this process asked for a replacement: the delete that follows is its first half. */
  const replacing = new Set<string>();
  /** Owners of what this process made or took over, by id. */
  const made = new Map<string, unknown>();
  const announced = new Set<string>();
  /** What check gave in this process. Only that is a declaration; see `diff`. */
  const checked = new Set<string>();

  const announceOnce = (line: string) => {
    if (announced.has(line)) return;
    announced.add(line);
    logLine(line);
  };

  const recover = (properties: Properties): ParsedState<Input, Computed> => {
    const stored = parseState(kind, properties);
    if (stored === undefined) throw emptyState(kind.name);
    return stored;
  };

  /** Runs one method so that only errors of our own leave it. */
  const guarded = async <T>(label: () => string, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toLeavingError(error, kind.name, label());
    }
  };

  /** Runs an effect that changes the ground: half-done work leaves in the form that the engine records. */
  const resumable = async <T>(label: () => string, provider: unknown, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PartialFailure && typeof error.id === "string" && error.id !== "") {
        throw toInitFailure(error, formatState(kind, error.stored as Stored<Input, Computed>), provider);
      }
      throw toLeavingError(error, kind.name, label());
    }
  };

  return {
    // Called once for each text, while other calls already run: everything must happen before the first await.
    async configure(request) {
      setConfig(request?.config);
      engineSignal();
    },

    async check(_olds, news) {
      const declared = withoutReserved(news);
      try {
        const { value, issues } = parseDeclaration(kind.schema, declared);
        const failures = toCheckFailures(kind.schema, declared, issues);
        const inputs = toWireProperties(value);
        checked.add(fingerprint(inputs));
        return { inputs, failures: [...failures] };
      } catch (error) {
        const reason = `${kind.name} could not be checked: ${messageOf(error)}`;
        return { inputs: toWireProperties(declared), failures: [{ property: "", reason }] };
      }
    },

    // The engine asks for three kinds of difference. What was just checked is a declaration, and the answer decides. In a
    // refresh it compares the last inputs with what `read` found, and when a dependency is to be replaced it tries inputs
    // with unknowns in them: there the answer is only looked at, and a refusal would stop what it has no say in.
    async diff(id, olds, news) {
      const label = () => nameOf(news, id);
      return guarded(label, () => {
        const prior = recover(olds);
        const { next, unknownKeys } = planable(prior.input, news);
        const plan = kind.plan(prior.input, next);
        const decides = checked.has(fingerprint(withoutReserved(news)));
        if (plan.action === "refused") {
          // A permission that isn't known yet may allow it; `up` will know.
          const mayBeAllowed = unknownKeys.some((key) => isOneOf(kind.transientKeys, key));
          if (mayBeAllowed || !decides) return {};
          throw refusal(kind.name, label(), plan);
        }
        const lasting = unknownKeys.filter((key) => !isOneOf(kind.transientKeys, key));
        const result = toDiffResult(plan, lasting.length > 0, prior.migrated);
        if (decides) {
          if (plan.action === "replace" && plan.consented !== false) replacing.add(id);
          else replacing.delete(id);
          for (const change of replacements(plan)) announceOnce(replaceLine(kind.name, label(), change));
        }
        return result;
      });
    },

    async create(inputs) {
      const label = () => nameOf(inputs);
      return resumable(label, inputs[PROVIDER_KEY], async () => {
        const { id, ...stored } = await kind.create(createContext(), withoutReserved(inputs) as Input);
        if (typeof id !== "string" || id === "") throw new Error(`create returned ${quote(id)} as the id`);
        made.set(id, inputs.owner);
        return { id, outs: formatState(kind, stored) };
      });
    },

    async update(id, olds, news) {
      return resumable(
        () => nameOf(news, id),
        news[PROVIDER_KEY],
        async () => {
          const stored = await kind.update(
            createContext(),
            id,
            recover(olds),
            withoutReserved(news) as Input,
          );
          return { outs: formatState(kind, stored) };
        },
      );
    },

    async read(id, props = {}) {
      return guarded(
        () => nameOf(props, id),
        async () => {
          const prior = parseState(kind, props);
          const stored = await kind.read(createContext(), id, prior);
          // To a refresh nothing means gone; the engine would take it from a `get` for a resource without properties.
          if (stored === undefined && prior === undefined) throw notThere(kind.name, id);
          if (stored === undefined) return {};
          return { id, props: formatState(kind, stored), inputs: formatInput(kind, stored.input) };
        },
      );
    },

    async delete(id, props) {
      return guarded(
        () => nameOf(props, id),
        async () => {
          // Its logical name changed: what the new one took over is no longer the old one's to delete.
          if (made.has(id) && made.get(id) !== props.owner) {
            return logLine(`${kind.name} ${nameOf(props, id)}: kept, it is ${made.get(id)} now`);
          }
          await kind.delete(createContext({ replacing: replacing.has(id) }), id, recover(props));
          replacing.delete(id);
        },
      );
    },
  };
}

const notThere = (kind: string, id: string): SlipwayError =>
  new SlipwayError({
    errorCode: "gone",
    kind,
    resource: id,
    detail: "there is nothing of this id",
    remedy: "correct the id, or make it before it is looked at",
  });

/** What may be planned on: a property that isn't wholly known counts as unchanged. */
function planable<Input extends object>(
  prior: Input,
  news: Properties,
): { next: Input; unknownKeys: readonly string[] } {
  const declared = withoutReserved(news);
  const unknownKeys = Object.keys(declared).filter((key) => hasUnknown(declared[key]));
  const known = Object.entries(declared).filter(([key]) => !unknownKeys.includes(key));
  const kept = Object.entries(prior).filter(([key]) => unknownKeys.includes(key));
  return { next: Object.fromEntries([...known, ...kept]) as Input, unknownKeys };
}

/**
 * An ordinary edit leaves `changes` out: the engine then compares old inputs with new ones itself, shows each property,
 * and honours `replaceOnChanges`. It is set only where the inputs would mislead the engine.
 */
function toDiffResult(plan: Plan, mayChange: boolean, migrated: boolean): DiffResult {
  // Inputs that only permit or guide one run differ, or nothing does.
  if (plan.action === "none") return mayChange ? {} : { changes: false };
  const changes = migrated ? { changes: true } : {};
  if (plan.action === "update") return changes;
  const replaces = [...new Set(replacements(plan).map((change) => topLevelOf(change.path)))].toSorted();
  return { ...changes, replaces, deleteBeforeReplace: true };
}

function replacements(plan: Plan): readonly Change[] {
  if (plan.action !== "replace") return [];
  const reasons = plan.changes.filter((change) => change.effect === "replace");
  // An empty list would tell the engine to update.
  return reasons.length === 0 ? plan.changes : reasons;
}

const describeChange = (change: Change): string =>
  `${change.path} changes from ${quote(change.before)} to ${quote(change.after)}${change.reason === undefined ? "" : `: ${change.reason}`}`;

/** The same text for the same inputs, in whatever order they come. */
const fingerprint = (inputs: Readonly<Record<string, unknown>>): string => JSON.stringify(sortKeys(inputs));

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortKeys(item)]),
  );
}

const replaceLine = (kind: string, resource: string, change: Change): string =>
  `${kind} ${resource} is replaced because ${describeChange(change)}`;

function refusal(kind: string, resource: string, plan: Plan): SlipwayError {
  const refused = plan.changes.filter((change) => change.effect === "refused");
  const remedies = [...new Set(refused.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])))];
  const count = refused.length === 1 ? "a change is" : `${refused.length} changes are`;
  return new SlipwayError({
    errorCode: "refused",
    kind,
    resource,
    detail: `${count} not allowed: ${refused.map(({ path }) => path).join(", ")}`,
    facts: refused.map(describeChange),
    remedy: remedies.length === 0 ? "take the change back" : remedies.join("; "),
  });
}

const emptyState = (kind: string): SlipwayError =>
  new SlipwayError({
    errorCode: "unexpected",
    kind,
    resource: "(not named)",
    detail: "the stored state has no properties",
    remedy: "run `pulumi refresh`, which reads them anew",
  });

function assertConsistent<Input extends object, Computed extends object>(kind: Kind<Input, Computed>): void {
  if (kind.migrations.length !== kind.version - 1) {
    throw new Error(
      `${kind.name}: version ${kind.version} needs ${kind.version - 1} migrations, has ${kind.migrations.length}`,
    );
  }
  const inputKeys = Object.keys(propertiesOf(kind.schema) ?? {});
  const bad = [...inputKeys, ...kind.computedKeys].filter((key) => isReservedKey(key) || key === VERSION_KEY);
  if (bad.length > 0) throw new Error(`${kind.name}: reserved property names: ${bad.join(", ")}`);
  const shared = kind.computedKeys.filter((key) => inputKeys.includes(key));
  if (shared.length > 0) throw new Error(`${kind.name}: both input and computed: ${shared.join(", ")}`);
}
