/**
 * A refusal by the JetStream API. Decide on `errCode`, never on the HTTP code or the text. Neither field is called
 * `code`: a numeric `code` would be taken for a gRPC status by the dynamic provider host.
 */
export class JetStreamApiError extends Error {
  readonly httpCode: number;
  readonly errCode: number;
  readonly description: string;

  constructor(httpCode: number, errCode: number, description: string) {
    super(`${description} (${httpCode}/${errCode})`);
    this.name = "JetStreamApiError";
    this.httpCode = httpCode;
    this.errCode = errCode;
    this.description = description;
  }
}

/** The server could not be reached, or did not answer in time. What was asked may or may not have happened. */
export class NatsUnreachable extends Error {
  /** One line: what to do, where more is known than to check address and server. */
  readonly remedy: string | undefined;

  constructor(message: string, options?: { cause: unknown; remedy?: string | undefined }) {
    super(message, options);
    this.name = "NatsUnreachable";
    this.remedy = options?.remedy;
  }
}

/** The server refused the credentials, or this account may not use a subject. */
export class NatsUnauthorized extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "NatsUnauthorized";
  }
}

/** The server is there, but nobody answers the JetStream API: switched off, or not granted to this account. */
export class JetStreamDisabled extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "JetStreamDisabled";
  }
}

export interface SettingsIssue {
  /** Full path in the stack config: `slipway:nats.connection.token`. */
  readonly path: string;
  /** What is wrong with the value, and what is allowed. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The connection settings of the stack can't be used; every mistake found is in `issues`. */
export class NatsSettingsError extends Error {
  readonly issues: readonly SettingsIssue[];

  constructor(issues: readonly SettingsIssue[]) {
    super(issues.map(({ path, message, remedy }) => `${path}: ${message}; ${remedy}`).join("\n"));
    this.name = "NatsSettingsError";
    this.issues = issues;
  }
}
