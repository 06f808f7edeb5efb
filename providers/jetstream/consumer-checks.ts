import type { ConsumerConfig, ConsumerInfo, StreamConfig } from "../../clients/nats/wire.ts";
import { SlipwayError } from "../kernel/errors.ts";
import type { Change, Context } from "../kernel/kind.ts";
import type { JetStreamBackend } from "./backend.ts";
import { unsupportedConsumer } from "./capabilities.ts";
import { CONSUMER_PROPERTIES, consumerToConfig } from "./consumer/config.ts";
import { consumerDifferences } from "./consumer/normalize.ts";
import type { ConsumerInput } from "./consumer/schema.ts";
import { changeLine, differenceLine, type Subject } from "./effects.ts";
import { markOf, supportsMark, withoutMark } from "./mark.ts";
import type { Difference } from "./normalize.ts";

/** Everything that one call works with. */
export interface Call {
  readonly backend: JetStreamBackend;
  readonly context: Context;
  readonly subject: Subject;
  readonly stream: string;
  readonly durable: string;
}

const property = (field: string): string => CONSUMER_PROPERTIES[field] ?? field;

/** The whole config, marked where the server can keep a mark. Throws `unsupported` with every field it doesn't know. */
export function desiredConfig(call: Call, input: ConsumerInput): ConsumerConfig {
  const { version } = call.backend.server;
  const config = consumerToConfig(input, { mark: supportsMark(version) });
  const unknown = unsupportedConsumer(config, version);
  if (unknown.length === 0) return config;
  throw new SlipwayError({
    ...call.subject,
    errorCode: "unsupported",
    detail: `server ${version} does not know every declared property`,
    facts: unknown.map(({ field, since }) => `${property(field)} needs server ${since}`),
    remedy: "leave them out, or update the server",
  });
}

/** Throws a conflict unless the consumer that is there is our own, or the declaration takes it over. */
export async function admitTakeover(
  call: Call,
  live: ConsumerInfo,
  desired: ConsumerConfig,
  next: ConsumerInput,
): Promise<void> {
  const { owner } = markOf(live.config);
  if (owner !== undefined && owner === next.owner) return;
  const different = await differing(call, withoutMark(live.config), withoutMark(desired));
  const couldBeOurs = !supportsMark(call.backend.server.version) && different.length === 0;
  const identical = different.length === 0 && owner === undefined;
  if (couldBeOurs || next.adopt === "always" || (next.adopt === "ifIdentical" && identical)) {
    call.context.log(`Consumer ${call.subject.resource}: taken over as it is there already`);
    return;
  }
  throw new SlipwayError({
    ...call.subject,
    errorCode: "conflict",
    detail: `the consumer is there already${owner === undefined ? "" : ` and belongs to ${owner}`}`,
    facts:
      different.length === 0
        ? ["nothing in it differs"]
        : different.map(differenceLine("is", "declared", property)),
    remedy: `set adopt: ${identical ? "ifIdentical" : "always"} to take it over, or choose another name`,
  });
}

/** What differs in meaning; what the stream's own limits fill in does not. */
export async function differing(
  call: Call,
  live: ConsumerConfig,
  wanted: ConsumerConfig,
): Promise<Difference[]> {
  const different = consumerDifferences(live, wanted);
  return different.length === 0 ? [] : consumerDifferences(live, wanted, await limitsOf(call));
}

/** The stream's consumer_limits, from the listing that all consumers share. */
export async function limitsOf({ backend, stream }: Call): Promise<StreamConfig["consumer_limits"]> {
  const streams = await backend.listStreams();
  return streams.find(({ config }) => config.name === stream)?.config.consumer_limits;
}

/** Throws a conflict when the consumer carries the mark of somebody else. */
export function refuseForeign(call: Call, live: ConsumerInfo, ours: readonly (string | undefined)[]): void {
  const { owner } = markOf(live.config);
  if (owner === undefined || ours.includes(owner)) return;
  throw new SlipwayError({
    ...call.subject,
    errorCode: "conflict",
    detail: `the consumer belongs to ${owner} now`,
    remedy: "leave it to that stack and take it out of this one's state (pulumi state delete)",
  });
}

/** Says so when the consumer is not the one that was known: only its name is the same. */
export function noteRecreated(call: Call, known: string | undefined, live: ConsumerInfo): void {
  if (known === undefined || known === live.created) return;
  call.context.log(
    `Consumer ${call.subject.resource}: recreated outside at ${live.created}; its position is another`,
  );
}

/** What to throw when there is nothing to update. */
export const gone = (call: Call): SlipwayError =>
  new SlipwayError({
    ...call.subject,
    errorCode: "gone",
    detail: "the consumer is not there any more",
    remedy: "pulumi refresh, then up again: it is then made anew, from where its deliverPolicy says",
  });

/** What to throw when only making it again would do, and that is not allowed. */
export const immutable = (call: Call, refused: readonly Change[]): SlipwayError =>
  new SlipwayError({
    ...call.subject,
    errorCode: "refused",
    detail: "the consumer can't be changed like this in place",
    facts: refused.map(changeLine),
    remedy: "set allowReplace: true: it is then deleted and made again behind its last acknowledged message",
  });

/** What to throw when the server took a config and kept something else. */
export const droppedFields = (call: Call, dropped: readonly Difference[]): SlipwayError =>
  new SlipwayError({
    ...call.subject,
    errorCode: "unsupported",
    detail: `server ${call.backend.server.version} took the config, but not all of it`,
    facts: dropped.map(differenceLine("kept", "asked for", property)),
    remedy: "leave these out, or update the server",
  });
