import { messageOf, PartialFailure, SlipwayError } from "./errors.ts";
import { MAX_MESSAGE_BYTES, MAX_PARTIAL_BYTES } from "./limits.ts";
import { PROVIDER_KEY } from "./provider-text.ts";
import { VERSION_KEY } from "./state.ts";
import { type WireProperties, wireSize } from "./wire.ts";

/**
 * The form of an error that makes the host record a resource as half-done: the engine keeps `properties` as its outputs
 * and asks for an update in the next `up`, whatever the inputs say.
 */
export class InitFailure extends Error {
  readonly id: string;
  readonly properties: WireProperties;
  readonly reasons: readonly string[];

  constructor(id: string, properties: WireProperties, message: string) {
    super(message);
    this.name = "InitFailure";
    this.id = id;
    this.properties = properties;
    this.reasons = [message];
    this.stack = message;
  }
}

/** @param providerText goes into the properties because the host adds it only when a call succeeds. */
export function toInitFailure(
  failure: PartialFailure,
  outs: WireProperties,
  providerText: unknown,
): InitFailure {
  const message = cutMessage(failure.message);
  const text: WireProperties = typeof providerText === "string" ? { [PROVIDER_KEY]: providerText } : {};
  const properties = cutProperties({ ...outs, ...text }, MAX_PARTIAL_BYTES - Buffer.byteLength(message));
  return new InitFailure(failure.id, properties, message);
}

/**
 * What an error looks like when it leaves a provider. The host reads `code`, `details`, `metadata` and `id` off whatever
 * is thrown and takes them for its protocol's, so only errors of our own leave.
 *
 * The host also prints an error and its stack beside the stack's row before the engine prints it in full beside the
 * resource: the first line is all that it gets. `SLIPWAY_DEBUG=1` prints where an unexpected error came from.
 */
export function toLeavingError(error: unknown, kind: string, resource: string): SlipwayError {
  // A half-done delete or read has no form of its own; its cause says what happened.
  const cause = error instanceof PartialFailure && error.cause !== undefined ? error.cause : error;
  const leaving = isClean(cause) ? cause : unexpected(cause, kind, resource);
  leaving.message = cutMessage(leaving.message);
  leaving.stack = "";
  const [firstLine = ""] = leaving.message.split("\n", 1);
  Object.defineProperty(leaving, "toString", { value: () => firstLine, configurable: true });
  return leaving;
}

function unexpected(cause: unknown, kind: string, resource: string): SlipwayError {
  if (process.env.SLIPWAY_DEBUG && cause instanceof Error) console.error(cause.stack);
  return new SlipwayError({
    errorCode: "unexpected",
    kind,
    resource,
    detail: messageOf(cause),
    remedy: "run again; if it stays, report it with what SLIPWAY_DEBUG=1 prints",
    cause,
  });
}

const PROTOCOL_KEYS = ["code", "details", "metadata", "id"];

const isClean = (error: unknown): error is SlipwayError =>
  error instanceof SlipwayError && !PROTOCOL_KEYS.some((key) => key in error);

const CUT_HINT = "\n  [cut: the message was longer; the provider's output above may have the rest]";

/** At most 4 KiB of UTF-8, cut between characters, with a hint that something is missing. */
export function cutMessage(message: string): string {
  const text = message.toWellFormed();
  if (Buffer.byteLength(text) <= MAX_MESSAGE_BYTES) return text;
  const kept = Buffer.from(text).subarray(0, MAX_MESSAGE_BYTES - Buffer.byteLength(CUT_HINT));
  return new TextDecoder().decode(kept, { stream: true }) + CUT_HINT;
}

/**
 * Leaves the largest properties out until the rest fits. What is left out looks like a difference to the next plan, so
 * the next `up` declares it again; losing the whole record would lose the resource.
 */
export function cutProperties(properties: WireProperties, limit: number): WireProperties {
  const kept = new Map(Object.entries(properties));
  const droppable = [...kept]
    .filter(([key]) => key !== PROVIDER_KEY && key !== VERSION_KEY)
    .map(([key, value]) => ({ key, size: wireSize(value) }))
    .toSorted((a, b) => b.size - a.size);
  for (const { key } of droppable) {
    if (wireSize(Object.fromEntries(kept)) <= limit) break;
    kept.delete(key);
  }
  return Object.fromEntries(kept);
}
