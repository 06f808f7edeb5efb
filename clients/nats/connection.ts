import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  ErrorCode,
  headers as makeHeaders,
  type NatsConnection,
  nkeyAuthenticator,
} from "nats";
import { NatsUnauthorized, NatsUnreachable } from "./errors.ts";
import { KeyedMutex, Semaphore } from "./limit.ts";
import type { NatsSettings } from "./settings.ts";
import { withoutLeftSockets } from "./sockets.ts";
import type { ServerInfo } from "./wire.ts";

/** Nothing tells a provider process that it is done, so a connection goes by itself once nobody uses it. */
const IDLE_CLOSE_MS = 2_000;

/** Nobody listens on the subject that was asked. */
export class NoResponders extends Error {}

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One connection to one endpoint, shared by everything in the process: opened when first needed, closed after two idle
 * seconds, opened again on demand. A lost connection fails the requests under way; it is for the caller to repeat them.
 */
export class SharedConnection {
  readonly settings: NatsSettings;
  readonly #slots: Semaphore;
  readonly #writes = new KeyedMutex();
  #opening: Promise<NatsConnection> | undefined;
  #server: ServerInfo | undefined;
  #jetStreamOffered = false;
  #users = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(settings: NatsSettings) {
    this.settings = settings;
    this.#slots = new Semaphore(settings.inFlight);
  }

  /** What the server said of itself when the connection was last opened. */
  get server(): ServerInfo {
    if (this.#server === undefined) throw new NatsUnreachable("the connection was never opened");
    return this.#server;
  }

  /** False when the server said in its greeting that it runs without JetStream. */
  get offersJetStream(): boolean {
    return this.#jetStreamOffered;
  }

  /** An endpoint that answered before is worth waiting for; one that never did is probably a wrong address. */
  get answeredBefore(): boolean {
    return this.#server !== undefined;
  }

  async open(): Promise<void> {
    await this.#using(() => this.#connection());
  }

  /** Text in, text out. Throws NoResponders, NatsUnreachable, NatsUnauthorized. */
  request(subject: string, body: string, options: RequestOptions): Promise<string> {
    return this.#using(() => this.#slots.run(() => this.#send(subject, body, options)));
  }

  /** Holds other work under the same key back until this is done. */
  exclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
    return this.#writes.run(key, work);
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const opening = this.#opening;
    this.#opening = undefined;
    const connection = await opening?.catch(() => undefined);
    await connection?.close();
  }

  async #send(subject: string, body: string, { timeoutMs, headers }: RequestOptions): Promise<string> {
    const connection = await this.#connection();
    try {
      const reply = await connection.request(subject, body, {
        timeout: timeoutMs,
        ...(headers === undefined ? {} : { headers: wireHeaders(headers) }),
      });
      return reply.string();
    } catch (error) {
      throw this.#requestFailure(subject, timeoutMs, error);
    }
  }

  #connection(): Promise<NatsConnection> {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#connect();
    this.#opening = opening;
    const forget = () => {
      if (this.#opening === opening) this.#opening = undefined;
    };
    opening.then((connection) => connection.closed().then(forget, forget), forget);
    return opening;
  }

  async #connect(): Promise<NatsConnection> {
    try {
      const connection = await withoutLeftSockets(() => connect(connectionOptions(this.settings)));
      const { version, cluster, max_payload, jetstream } = connection.info ?? { version: "", max_payload: 0 };
      this.#server = { version, maxPayload: max_payload, ...(cluster === undefined ? {} : { cluster }) };
      this.#jetStreamOffered = jetstream === true;
      return connection;
    } catch (error) {
      throw this.#connectFailure(error);
    }
  }

  async #using<T>(work: () => Promise<T>): Promise<T> {
    this.#users += 1;
    clearTimeout(this.#idle);
    try {
      return await work();
    } finally {
      this.#users -= 1;
      if (this.#users === 0) {
        this.#idle = setTimeout(() => void this.close(), IDLE_CLOSE_MS);
        this.#idle.unref();
      }
    }
  }

  #connectFailure(error: unknown): Error {
    const where = this.settings.servers.join(", ");
    const { code, message } = failureOf(error);
    if (UNAUTHORIZED.has(code)) {
      return new NatsUnauthorized(`${where} refused the credentials (${message})`, { cause: error });
    }
    return new NatsUnreachable(`${where} can't be reached (${code}: ${message})`, {
      cause: error,
      remedy: this.settings.embedded ? "npx slipway ground up" : undefined,
    });
  }

  #requestFailure(subject: string, timeoutMs: number, error: unknown): Error {
    const { code, message } = failureOf(error);
    if (code === ErrorCode.NoResponders) return new NoResponders(subject, { cause: error });
    if (code === ErrorCode.PermissionsViolation) {
      return new NatsUnauthorized(`this account may not use ${subject} (${message})`, { cause: error });
    }
    if (UNAUTHORIZED.has(code)) return new NatsUnauthorized(message, { cause: error });
    const where = this.settings.servers.join(", ");
    if (code === ErrorCode.Timeout) {
      return new NatsUnreachable(`${where} did not answer ${subject} within ${timeoutMs} ms`, {
        cause: error,
      });
    }
    return new NatsUnreachable(`the connection to ${where} was lost (${code}: ${message})`, { cause: error });
  }
}

const UNAUTHORIZED: ReadonlySet<string> = new Set([
  ErrorCode.AuthorizationViolation,
  ErrorCode.AuthenticationExpired,
  ErrorCode.AuthenticationTimeout,
  ErrorCode.AccountExpired,
  ErrorCode.BadAuthentication,
  ErrorCode.BadCreds,
]);

function connectionOptions(settings: NatsSettings): ConnectionOptions {
  return {
    servers: [...settings.servers],
    name: settings.name,
    timeout: settings.connectTimeoutMs,
    // The pool opens a new connection on demand, so that a wrong address fails at once instead of being tried for minutes.
    reconnect: false,
    noAsyncTraces: true,
    ...(settings.inboxPrefix === undefined ? {} : { inboxPrefix: settings.inboxPrefix }),
    ...(settings.tls === undefined ? {} : { tls: settings.tls as NonNullable<ConnectionOptions["tls"]> }),
    ...credentialOptions(settings.credentials),
  };
}

function credentialOptions(credentials: NatsSettings["credentials"]): ConnectionOptions {
  const bytes = () => new TextEncoder().encode("secret" in credentials ? credentials.secret : "");
  switch (credentials.by) {
    case "none":
      return {};
    case "creds":
      return { authenticator: credsAuthenticator(bytes()) };
    case "nkey":
      return { authenticator: nkeyAuthenticator(bytes()) };
    case "token":
      return { token: credentials.secret };
    case "password":
      return { user: credentials.user, pass: credentials.secret };
  }
}

function wireHeaders(entries: Readonly<Record<string, string>>) {
  const headers = makeHeaders();
  for (const [name, value] of Object.entries(entries)) headers.set(name, value);
  return headers;
}

function failureOf(error: unknown): { code: string; message: string } {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return { code: typeof code === "string" ? code : "UNKNOWN", message: String(message ?? error) };
}
