/** Stable codes, one row each in docs/errors.md; a test holds the two together. */
export type ErrorCode = keyof typeof ERROR_CODES;

export const ERROR_CODES = {
  "invalid-input": "a declared property is not allowed",
  refused: "the change is not possible, or not without a permission that the declaration doesn't give",
  "data-loss": "the change would delete data and the declaration doesn't allow it",
  conflict: "something of that name is there already and is not ours, or was changed by somebody else",
  unsupported: "the server is too old for a declared property",
  unreachable: "the server could not be reached in time",
  unauthorized: "the server refused the credentials",
  "over-budget": "a limit or reservation of the server or account would be exceeded",
  gone: "the resource is not there any more",
  "state-version": "the stored state is of a newer version than this program",
  unexpected: "the server answered something that Slipway doesn't know",
} as const;

export interface SlipwayErrorFields {
  readonly errorCode: ErrorCode;
  /** The kind: `Stream`. */
  readonly kind: string;
  /** The resource's own name: `RESULTS`. */
  readonly resource: string;
  /** One line: what is wrong. */
  readonly detail: string;
  /** Further facts, a line each. */
  readonly facts?: readonly string[];
  /** One line: what to do. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/**
 * The one error a user sees: a line of cause, facts, a line of remedy. It has no `code` property, because the dynamic
 * provider host takes a numeric one for a gRPC status, and its `stack` is its message, because the host prints stacks.
 */
export class SlipwayError extends Error {
  readonly errorCode: ErrorCode;
  readonly kind: string;
  readonly resource: string;
  readonly detail: string;
  readonly remedy: string;

  constructor(fields: SlipwayErrorFields) {
    const lines = [`${fields.kind} ${fields.resource}: ${fields.detail} [${fields.errorCode}]`];
    for (const fact of fields.facts ?? []) lines.push(`  ${fact}`);
    lines.push(`  to do: ${fields.remedy}`);
    super(lines.join("\n"), fields.cause === undefined ? undefined : { cause: fields.cause });
    this.name = "SlipwayError";
    this.errorCode = fields.errorCode;
    this.kind = fields.kind;
    this.resource = fields.resource;
    this.detail = fields.detail;
    this.remedy = fields.remedy;
    this.stack = this.message;
  }
}

/**
 * Thrown by create or update when part of the work is done: what is there is recorded, and the next up goes on from it.
 */
export class PartialFailure<Input = unknown, Computed = unknown> extends Error {
  readonly id: string;
  readonly stored: { readonly input: Input; readonly computed: Computed };
  readonly reasons: readonly string[];

  constructor(id: string, stored: { input: Input; computed: Computed }, cause: unknown) {
    const message = messageOf(cause);
    super(message, { cause });
    this.name = "PartialFailure";
    this.id = id;
    this.stored = stored;
    this.reasons = [message];
    this.stack = message;
  }
}

/** The text of anything that was thrown; never empty, and never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? String(thrown.message || thrown.name) : String(thrown);
    return text.toWellFormed() || "an error without a message";
  } catch {
    return "an error that can't be printed";
  }
}
