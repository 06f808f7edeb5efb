import type { z } from "zod";
import { bytesOf } from "../providers/jetstream/bytes.ts";
import { consumerSchema } from "../providers/jetstream/consumer/schema.ts";
import { type Declared, forecastOffline } from "../providers/jetstream/forecast.ts";
import { keyValueSchema } from "../providers/jetstream/key-value/schema.ts";
import { objectStoreSchema } from "../providers/jetstream/object-store/schema.ts";
import { streamSchema } from "../providers/jetstream/stream/schema.ts";
import { ConfigError, type ConfigIssue, issuesOf, joinPath } from "./issue.ts";
import { fleetInvariants, fleetPreset } from "./presets/fleet.ts";
import { type Profile, type ProfileDefaults, profileDefaults, profileOf } from "./profiles.ts";
import { type NatsSection, type RootConfig, rootSchema } from "./schema.ts";

/** Everything that one environment declares, checked and defaulted. */
export interface EnvironmentConfig {
  readonly profile: Profile;
  readonly defaults: ProfileDefaults;
  readonly ground: "embedded" | "external";
  readonly messaging: MessagingConfig | undefined;
}

export interface MessagingConfig {
  /** In the order streams, buckets, object stores, consumers; each bytewise by key. */
  readonly declared: readonly Declared[];
  readonly storageBudgetBytes: number | undefined;
  readonly invariants: readonly Invariant[];
}

/** Two declared properties that should be equal. */
export interface Invariant {
  readonly left: PropertyOf;
  readonly right: PropertyOf;
  readonly why: string;
}

export interface PropertyOf {
  readonly declared: Declared;
  readonly property: string;
  readonly path: string;
}

export interface LoadOptions {
  /** Owner mark of a resource from its key in the config: `<project>/<stack>/<logical name>`. */
  readonly ownerOf: (key: string) => string;
}

const NAMESPACE = "slipway";

/** The four sections of `slipway:nats` that hold resources: which kind, and which property the key stands for. */
const SECTIONS = [
  { section: "streams", kind: "Stream", schema: streamSchema, nameField: "name", holdsData: true },
  { section: "buckets", kind: "KeyValue", schema: keyValueSchema, nameField: "bucket", holdsData: true },
  {
    section: "objectStores",
    kind: "ObjectStore",
    schema: objectStoreSchema,
    nameField: "bucket",
    holdsData: true,
  },
  { section: "consumers", kind: "Consumer", schema: consumerSchema, nameField: "durable", holdsData: false },
] as const;

type Section = (typeof SECTIONS)[number];

/**
 * Stack config as Pulumi gives it (full keys, structured values as JSON text, secrets decrypted) to an environment.
 * Throws one `ConfigError` that lists every mistake with its YAML path.
 */
export function loadEnvironment(
  stackConfig: Readonly<Record<string, string>>,
  options: LoadOptions,
): EnvironmentConfig {
  const issues: ConfigIssue[] = [];
  const raw = namespaceOf(stackConfig, issues);
  const root = parseRoot(raw, issues);
  const messaging = root?.nats === undefined ? undefined : loadMessaging(root, root.nats, options, issues);
  checkConnection(raw, issues);
  if (root === undefined || issues.length > 0) throw new ConfigError([...issues, ...conflictsIn(messaging)]);
  const profile = profileOf(root);
  return { profile, defaults: profileDefaults(profile), ground: root.ground, messaging };
}

/** What the declarations that could be read do to each other, so that one run tells those mistakes too. */
const conflictsIn = (messaging: MessagingConfig | undefined): ConfigIssue[] =>
  forecastOffline(messaging?.declared ?? [])
    .filter(({ severity }) => severity === "error")
    .map(({ path, resource, message, remedy }) => ({
      path: path ?? resource,
      message: `${message}: ${remedy}`,
    }));

/** The `slipway:` keys without their namespace; structured values parsed. */
function namespaceOf(
  stackConfig: Readonly<Record<string, string>>,
  issues: ConfigIssue[],
): Record<string, unknown> {
  const raw: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(stackConfig).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!key.startsWith(`${NAMESPACE}:`)) continue;
    const name = key.slice(NAMESPACE.length + 1);
    if (!/^\s*[[{]/.test(text)) {
      raw[name] = text;
      continue;
    }
    try {
      raw[name] = JSON.parse(text);
    } catch {
      issues.push({
        path: key,
        message: "is not a setting that YAML can hold; set it with pulumi config set --path",
      });
    }
  }
  return raw;
}

function parseRoot(raw: Record<string, unknown>, issues: ConfigIssue[]): RootConfig | undefined {
  const { nats } = raw as { nats?: { connection?: unknown } | null };
  const secrets = secretNames(nats?.connection);
  const known = Object.fromEntries(
    Object.entries(raw).filter(([key]) => key in rootSchema.shape || !secrets.has(key)),
  );
  const parsed = rootSchema.safeParse(known);
  if (parsed.success) return parsed.data;
  issues.push(
    ...issuesOf(NAMESPACE, parsed.error, known).map(({ path, message }) => ({
      path: path.replace(`${NAMESPACE}.`, `${NAMESPACE}:`),
      message,
    })),
  );
  return partialRoot(known);
}

/** With mistakes at the top, the entries are still checked, so that all mistakes come in one run. */
function partialRoot(known: Record<string, unknown>): RootConfig | undefined {
  const nats = known.nats;
  if (nats === null || typeof nats !== "object") return undefined;
  const sections = Object.fromEntries(
    Object.entries(nats).filter(
      ([key, value]) => SECTIONS.some(({ section }) => section === key) && isEntries(value),
    ),
  );
  const preset = "preset" in nats && nats.preset === "fleet" ? { preset: "fleet" } : {};
  const parsed = rootSchema.safeParse({ nats: { ...preset, ...sections } });
  return parsed.success ? parsed.data : undefined;
}

const isEntries = (value: unknown): boolean =>
  value !== null &&
  typeof value === "object" &&
  Object.values(value).every(
    (entry) => entry === null || (typeof entry === "object" && !Array.isArray(entry)),
  );

/** Keys that a `{secret: key}` reference names are the user's own, beside ours in the namespace. */
function secretNames(value: unknown): Set<string> {
  const names = new Set<string>();
  const walk = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    for (const [key, child] of Object.entries(node)) {
      if (key === "secret" && typeof child === "string") names.add(child);
      else walk(child);
    }
  };
  walk(value);
  return names;
}

/** Asked of the config as it was written: a part that doesn't parse for another mistake is there all the same. */
function checkConnection(
  { ground = "external", nats }: Record<string, unknown>,
  issues: ConfigIssue[],
): void {
  if (!isRecord(nats)) return;
  const path = `${NAMESPACE}:nats.connection`;
  const named = isRecord(nats.connection) && (nats.connection.servers ?? null) !== null;
  if (ground === "external" && !named) {
    issues.push({
      path: `${path}.servers`,
      message: "is missing; name the servers (nats://host:4222), or set slipway:ground to embedded",
    });
  }
  if (ground === "embedded" && named) {
    issues.push({
      path: `${path}.servers`,
      message:
        "can't be given with slipway:ground embedded, which starts its own server; remove one of the two",
    });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function loadMessaging(
  root: RootConfig,
  nats: NatsSection,
  options: LoadOptions,
  issues: ConfigIssue[],
): MessagingConfig {
  const declared = SECTIONS.flatMap((section) => loadSection(section, root, nats, options, issues));
  return {
    declared,
    storageBudgetBytes: nats.storageBudget === undefined ? undefined : bytesOf(nats.storageBudget),
    invariants: nats.preset === "fleet" ? invariantsOf(declared) : [],
  };
}

function loadSection(
  section: Section,
  root: RootConfig,
  nats: NatsSection,
  options: LoadOptions,
  issues: ConfigIssue[],
): Declared[] {
  const preset: Readonly<Record<string, object>> =
    nats.preset === "fleet" ? fleetPreset[section.section] : {};
  const own = nats[section.section];
  const keys = [...new Set([...Object.keys(preset), ...Object.keys(own)])].sort();
  return keys.flatMap((key) => {
    const entry = own[key];
    if (entry === null) return [];
    const path = joinPath(`${NAMESPACE}:nats.${section.section}`, [key]);
    const declaration = withoutNulls({
      ...(section.holdsData ? { deletionPolicy: profileDefaults(profileOf(root)).deletionPolicy } : {}),
      [section.nameField]: key,
      ...preset[key],
      ...entry,
    });
    if ("owner" in declaration) {
      issues.push({ path: `${path}.owner`, message: "is not a setting; Slipway marks what it owns itself" });
      return [];
    }
    const parsed: z.ZodSafeParseResult<Declared["input"]> = section.schema.safeParse({
      ...declaration,
      owner: options.ownerOf(key),
    });
    if (parsed.success)
      return [{ kind: section.kind, name: `${section.kind} ${key}`, path, input: parsed.data } as Declared];
    issues.push(...issuesOf(path, parsed.error, declaration));
    return [];
  });
}

/** A null takes a property of the preset back to its default. */
const withoutNulls = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined));

function invariantsOf(declared: readonly Declared[]): Invariant[] {
  const find = (reference: string): PropertyOf | undefined => {
    const path = `${NAMESPACE}:nats.${reference}`;
    const found = declared.find((item) => path.startsWith(`${item.path}.`));
    return found === undefined
      ? undefined
      : { declared: found, property: path.slice(found.path.length + 1), path };
  };
  return fleetInvariants.flatMap(({ left, right, why }) => {
    const [a, b] = [find(left), find(right)];
    return a === undefined || b === undefined ? [] : [{ left: a, right: b, why }];
  });
}
