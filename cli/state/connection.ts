import { isDeepStrictEqual } from "node:util";
import { type Checkpoint, resourcesOf } from "./deployment.ts";

/** Pulumi's own resource that keeps the stack config of the last `up` for the providers. */
const PROVIDER_TYPE = "pulumi:providers:pulumi-nodejs";
const KEYS = ["slipway:ground", "slipway:nats"] as const;

/**
 * Whether `refresh` or `destroy` would reach for other servers, or by other credentials, than the config names now: the
 * engine gives the providers the config of the last `up`, unless the program runs too. An encrypted credential can't be
 * compared, so it counts as changed. Pure.
 */
export function connectionChanged(
  config: Readonly<Record<string, unknown>>,
  checkpoint: Checkpoint,
): boolean {
  const provider = resourcesOf(checkpoint).findLast(({ type }) => type === PROVIDER_TYPE);
  if (provider === undefined) return false;
  const now = KEYS.map((key) => connectionOf(key, config[key]));
  const then = KEYS.map((key) => connectionOf(key, provider.inputs?.[key]));
  return now.some(namesSecret) || !isDeepStrictEqual(now, then);
}

/** Only the connection decides where a provider goes; what is declared beside it may differ. */
function connectionOf(key: string, value: unknown): unknown {
  const parsed = parsedText(value);
  if (key !== "slipway:nats") return parsed;
  return parsed !== null && typeof parsed === "object" && "connection" in parsed
    ? parsed.connection
    : undefined;
}

/** Structured values stand in the state as JSON text. */
function parsedText(value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("{")) return value ?? undefined;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function namesSecret(value: unknown): boolean {
  if (value === null || typeof value !== "object") return false;
  return Object.entries(value).some(
    ([key, child]) => (key === "secret" && typeof child === "string") || namesSecret(child),
  );
}
