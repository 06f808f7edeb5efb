import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { z } from "zod";
import { endpointsFile, readEmbeddedEndpoints, type Surroundings } from "../embedded.ts";
import { type Credentials, credentialsOf, reference } from "./credentials.ts";
import { NatsSettingsError, type SettingsIssue } from "./errors.ts";

/** How many requests one connection keeps in flight: creates at 20 ms round trip take 0.16 s instead of 2.3 s. */
export const DEFAULT_IN_FLIGHT = 16;
const MAX_IN_FLIGHT = 256;
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
/** The API timeout of the official clients. */
const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
/** A replicated create waits for an election of each new Raft group, which takes seconds on a busy cluster. */
const DEFAULT_REPLICATED_TIMEOUT_MS = 30_000;

const MS_PER_UNIT = { ms: 1, s: 1_000, m: 60_000 } as const;
const TIMEOUT = /^([1-9]\d{0,8})(ms|s|m)$/;
const SERVER = /^(?:(?:nats|tls):\/\/)?(?:\[[0-9A-Fa-f:.]+\]|[^\s/@:[\]]+)(?::\d{1,5})?\/?$/;
const API_PREFIX = /^[^\s.*>]+(\.[^\s.*>]+)*$/;

/** A wait as text with its unit: `500ms`, `5s`, `2m`. */
const timeout = z
  .string()
  .regex(TIMEOUT, { error: "a time with its unit is allowed: 500ms, 5s, 2m" })
  .transform((text) => {
    const [, count, unit] = TIMEOUT.exec(text) as unknown as [string, string, keyof typeof MS_PER_UNIT];
    return Number(count) * MS_PER_UNIT[unit];
  });

const server = z.string().regex(SERVER, {
  error: (issue) =>
    String(issue.input).includes("@")
      ? "user, password or token can't be part of the address; use `user` and `password`, or `token`, by reference"
      : "an address like nats://host:4222 or tls://host:4222 is allowed",
});

/**
 * `slipway:nats.connection` of a stack: how this environment's NATS is reached.
 * Nothing in it is a secret; credentials are named by reference and read when the connection opens.
 */
export const connectionSchema = z
  .strictObject({
    /** One address or several for failover. Required, except on the embedded ground, which brings its own. */
    servers: z
      .union([z.string(), z.array(z.string())], { error: "an address or a list of addresses is allowed" })
      .transform((servers) => [servers].flat())
      .pipe(z.array(server).min(1, { error: "at least one address is needed" }))
      .optional(),
    /** Content of a credentials file (JWT and seed). */
    creds: reference.optional(),
    token: reference.optional(),
    /** An nkey seed, `SU...`. */
    nkey: reference.optional(),
    user: z.string().min(1).optional(),
    password: reference.optional(),
    tls: z
      .strictObject({
        caFile: z.string().min(1).optional(),
        certFile: z.string().min(1).optional(),
        keyFile: z.string().min(1).optional(),
        /** TLS before the server's first line; must match the server's own setting. */
        handshakeFirst: z.boolean().optional(),
      })
      .optional(),
    /** JetStream domain: the API is then at `$JS.<domain>.API`. */
    domain: z
      .string()
      .regex(/^[^\s.*>]+$/, { error: "a single subject token is allowed" })
      .optional(),
    /** Whole API prefix, where an account imports it under another name. Default `$JS.API`. */
    apiPrefix: z.string().regex(API_PREFIX, { error: "a subject without wildcards is allowed" }).optional(),
    /** Where answers come to, for accounts that may not subscribe to `_INBOX.>`. */
    inboxPrefix: z.string().regex(API_PREFIX, { error: "a subject without wildcards is allowed" }).optional(),
    /** Default 5s. */
    connectTimeout: timeout.optional(),
    /** Default 5s. */
    requestTimeout: timeout.optional(),
    /** For requests that concern more than one replica. Default 30s. */
    replicatedRequestTimeout: timeout.optional(),
    /** Requests under way at once, 1 to 256. Default 16. */
    inFlight: z.int().min(1).max(MAX_IN_FLIGHT).optional(),
  })
  .superRefine((settings, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const methods = (["creds", "token", "nkey", "user"] as const).filter(
      (key) => settings[key] !== undefined,
    );
    if (methods.length > 1) refuse(methods[1] as string, `only one of ${methods.join(", ")} is allowed`);
    if (settings.user !== undefined && settings.password === undefined)
      refuse("password", "goes with `user`");
    if (settings.password !== undefined && settings.user === undefined)
      refuse("user", "goes with `password`");
    if (settings.domain !== undefined && settings.apiPrefix !== undefined)
      refuse("apiPrefix", "is not allowed beside `domain`");
    const { certFile, keyFile } = settings.tls ?? {};
    if ((certFile === undefined) !== (keyFile === undefined))
      refuse("tls", "certFile and keyFile go together");
  });

export type ConnectionDeclaration = z.input<typeof connectionSchema>;
export type ConnectionConfig = z.output<typeof connectionSchema>;

/** All that a connection needs, credentials included: never stored, never logged. */
export interface NatsSettings {
  readonly servers: readonly string[];
  readonly credentials: Credentials;
  readonly tls?: ConnectionConfig["tls"];
  readonly apiPrefix: string;
  readonly inboxPrefix?: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly replicatedTimeoutMs: number;
  readonly inFlight: number;
  /** Shown in the server's connection list: `slipway/<project>`. */
  readonly name: string;
  /** The ground is Slipway's own, so an unreachable server is mended by `slipway ground up`. */
  readonly embedded: boolean;
}

const ROOT = "slipway:nats.connection";

/**
 * Reads `slipway:nats` (its `connection`) and `slipway:ground` of the stack config.
 * Throws NatsSettingsError with every mistake that was found.
 */
export function resolveSettings(
  config: (key: string) => string | undefined,
  surroundings: Surroundings = { env: process.env, cwd: process.cwd() },
): NatsSettings {
  const connection = connectionOf(config("slipway:nats"));
  const embedded = config("slipway:ground") === "embedded";
  const issues: SettingsIssue[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NatsSettingsError)) throw error;
      issues.push(...error.issues);
      return undefined;
    }
  };
  const servers = attempt(() => serversOf(connection, embedded, surroundings));
  const credentials = attempt(() => credentialsOf(connection, ROOT, config, surroundings));
  if (servers === undefined || credentials === undefined) throw new NatsSettingsError(issues);
  const project = surroundings.env.PULUMI_NODEJS_PROJECT ?? "unknown";
  return {
    servers,
    credentials,
    ...(connection.tls === undefined ? {} : { tls: absoluteFiles(connection.tls, surroundings.cwd) }),
    apiPrefix: connection.apiPrefix ?? (connection.domain ? `$JS.${connection.domain}.API` : "$JS.API"),
    ...(connection.inboxPrefix === undefined ? {} : { inboxPrefix: connection.inboxPrefix }),
    connectTimeoutMs: connection.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT_MS,
    requestTimeoutMs: connection.requestTimeout ?? DEFAULT_REQUEST_TIMEOUT_MS,
    replicatedTimeoutMs: connection.replicatedRequestTimeout ?? DEFAULT_REPLICATED_TIMEOUT_MS,
    inFlight: connection.inFlight ?? DEFAULT_IN_FLIGHT,
    name: `slipway/${project}`,
    embedded,
  };
}

/** Settings for an address alone: no credentials, all defaults. */
export const settingsFor = (url: string, more: Partial<NatsSettings> = {}): NatsSettings => ({
  servers: [url],
  credentials: { by: "none" },
  apiPrefix: "$JS.API",
  connectTimeoutMs: DEFAULT_CONNECT_TIMEOUT_MS,
  requestTimeoutMs: DEFAULT_REQUEST_TIMEOUT_MS,
  replicatedTimeoutMs: DEFAULT_REPLICATED_TIMEOUT_MS,
  inFlight: DEFAULT_IN_FLIGHT,
  name: "slipway",
  embedded: false,
  ...more,
});

/**
 * The same for the same endpoint and credentials. Only a digest of the secret goes in, so the key may be logged, and
 * a rotated secret gets a connection of its own.
 */
export function endpointKey(settings: NatsSettings): string {
  const { credentials, ...open } = settings;
  const secret = "secret" in credentials ? sha256(credentials.secret) : "";
  const user = "user" in credentials ? credentials.user : "";
  const sorted = Object.entries(open).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify([sorted, credentials.by, user, secret]));
}

/**
 * Every effect of every resource asks, and with hundreds of resources the text is long, since it declares them too: the
 * last answer is kept.
 */
let lastParsed: { readonly text: string; readonly connection: ConnectionConfig } | undefined;

function connectionOf(text: string | undefined): ConnectionConfig {
  if (text === undefined) return {};
  if (lastParsed?.text !== text) lastParsed = { text, connection: parseConnection(text) };
  return lastParsed.connection;
}

function parseConnection(text: string): ConnectionConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NatsSettingsError([
      { path: "slipway:nats", message: "is not structured config", remedy: "write it as a YAML mapping" },
    ]);
  }
  const connection = (value as { connection?: unknown } | null)?.connection;
  if (connection === undefined || connection === null) return {};
  const parsed = connectionSchema.safeParse(connection);
  if (parsed.success) return parsed.data;
  throw new NatsSettingsError(
    parsed.error.issues.map((issue) => ({
      path: [ROOT, ...issue.path].join("."),
      message: issue.message,
      remedy: "correct it in the stack config",
    })),
  );
}

function serversOf(
  connection: ConnectionConfig,
  embedded: boolean,
  surroundings: Surroundings,
): readonly string[] {
  const path = `${ROOT}.servers`;
  if (!embedded) {
    if (connection.servers !== undefined) return connection.servers;
    const remedy = "name the servers, or set `slipway:ground: embedded` to let Slipway run one";
    throw new NatsSettingsError([{ path, message: "is missing", remedy }]);
  }
  if (connection.servers !== undefined) {
    const remedy = "remove `servers`, or set `slipway:ground` to something else than embedded";
    throw new NatsSettingsError([{ path, message: "is not allowed where the ground is embedded", remedy }]);
  }
  const url = readEmbeddedEndpoints(surroundings)?.nats?.url;
  if (url !== undefined) return [url];
  const message = `the embedded ground is not up (no NATS endpoint in ${endpointsFile(surroundings)})`;
  throw new NatsSettingsError([{ path: "slipway:ground", message, remedy: "npx slipway ground up" }]);
}

function absoluteFiles(
  tls: NonNullable<ConnectionConfig["tls"]>,
  cwd: string,
): NonNullable<ConnectionConfig["tls"]> {
  const at = (file: string | undefined) => (file === undefined ? undefined : resolve(cwd, file));
  const files = { caFile: at(tls.caFile), certFile: at(tls.certFile), keyFile: at(tls.keyFile) };
  return Object.fromEntries(
    Object.entries({ ...tls, ...files }).filter(([, value]) => value !== undefined),
  ) as NonNullable<ConnectionConfig["tls"]>;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
