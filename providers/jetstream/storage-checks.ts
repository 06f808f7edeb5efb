import type { StreamConfig, StreamInfo } from "../../clients/nats/wire.ts";
import { SlipwayError } from "../kernel/errors.ts";
import type { Change, Context } from "../kernel/kind.ts";
import type { JetStreamBackend } from "./backend.ts";
import { refusedChanges, unsupported } from "./capabilities.ts";
import { changeLine, differenceLine, type Subject } from "./effects.ts";
import { dataLoss, needsSubjectCounts } from "./guards.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { markOf, supportsMark, withoutMark } from "./mark.ts";
import { type Difference, streamDifferences } from "./normalize.ts";
import { replacementObstacle } from "./plan.ts";
import type { StorageKind } from "./storage.ts";

/** Everything that one call works with. */
export interface Call<I extends Lifecycle & object> {
  readonly backend: JetStreamBackend;
  readonly context: Context;
  readonly subject: Subject;
  readonly storage: StorageKind<I>;
}

/** The whole config, marked where the server can keep a mark. Throws `unsupported` with every field it doesn't know. */
export function desiredConfig<I extends Lifecycle & object>(call: Call<I>, input: I): StreamConfig {
  const { version } = call.backend.server;
  const config = call.storage.toConfig(input, { mark: supportsMark(version) });
  const unknown = unsupported(config, version);
  if (unknown.length === 0) return config;
  throw new SlipwayError({
    ...call.subject,
    errorCode: "unsupported",
    detail: `server ${version} does not know every declared property`,
    facts: unknown.map(({ field, since }) => `${call.storage.property(field)} needs server ${since}`),
    remedy: "leave them out, or update the server",
  });
}

/**
 * Whether a stream that is there already is this resource's own, made by a create that was interrupted; false where it
 * is another's and the declaration takes it over. Throws a conflict where it may not become this resource.
 */
export function admitTakeover<I extends Lifecycle & object>(
  call: Call<I>,
  live: StreamInfo,
  desired: StreamConfig,
  next: I,
): boolean {
  const { owner } = markOf(live.config);
  if (owner !== undefined && owner === next.owner) return true;
  const different = streamDifferences(withoutMark(live.config), withoutMark(desired));
  // A server without metadata can't tell whose it is: what an interrupted create made is identical.
  const couldBeOurs = !supportsMark(call.backend.server.version) && different.length === 0;
  if (couldBeOurs) return true;
  const identical = different.length === 0 && owner === undefined;
  if (next.adopt === "always" || (next.adopt === "ifIdentical" && identical)) {
    call.context.log(`${call.subject.kind} ${call.subject.resource}: taken over as it is there already`);
    return false;
  }
  throw new SlipwayError({
    ...call.subject,
    errorCode: "conflict",
    detail: `stream ${live.config.name} is there already${owner === undefined ? "" : ` and belongs to ${owner}`}`,
    facts:
      different.length === 0
        ? ["nothing in it differs"]
        : different.map(differenceLine("is", "declared", call.storage.property)),
    remedy: `set adopt: ${identical ? "ifIdentical" : "always"} to take it over, or choose another name`,
  });
}

/** Throws a conflict when the stream carries the mark of somebody else. */
export function refuseForeign<I extends Lifecycle & object>(
  call: Call<I>,
  live: StreamInfo,
  ours: readonly (string | undefined)[],
): void {
  const { owner } = markOf(live.config);
  if (owner === undefined || ours.includes(owner)) return;
  throw new SlipwayError({
    ...call.subject,
    errorCode: "conflict",
    detail: `stream ${live.config.name} belongs to ${owner} now`,
    remedy:
      "leave it to that stack and take it out of this one's state (pulumi state delete), or declare it there no more",
  });
}

/**
 * Throws `refused` for what this server can't change in place. An update never deletes and creates instead: its preview
 * said update. A replacement that is allowed is the engine's to make, once its state knows what is there.
 */
export function refuseImpossible<I extends Lifecycle & object>(
  call: Call<I>,
  live: StreamInfo,
  desired: StreamConfig,
  next: I,
): void {
  const refused = refusedInPlace(call, live.config, desired, true);
  if (refused.length === 0) return;
  const remedy = refused.find((change) => change.remedy !== undefined)?.remedy ?? "declare what is there";
  const onlyRefresh = next.allowReplace === true && remedy.startsWith("set allowReplace");
  throw new SlipwayError({
    ...call.subject,
    errorCode: "refused",
    detail: `stream ${live.config.name} can't be changed like this in place`,
    facts: refused.map(changeLine),
    remedy: onlyRefresh ? "pulumi refresh, then up again: it is then replaced" : remedy,
  });
}

/** Whether only a new stream would do, one would be taken, and the declaration allows it. */
export const mayReplace = <I extends Lifecycle & object>(
  call: Call<I>,
  live: StreamInfo,
  desired: StreamConfig,
  next: I,
): boolean =>
  next.allowReplace === true &&
  replacementObstacle({ deletionPolicy: markOf(live.config).deletion }, desired) === undefined &&
  refusedInPlace(call, live.config, desired, false).length > 0 &&
  refusedAnyhow(call, live, desired).length === 0;

const refusedInPlace = <I extends Lifecycle & object>(
  { backend: { server }, storage }: Call<I>,
  live: StreamConfig,
  desired: StreamConfig,
  replicas: boolean,
): Change[] =>
  refusedChanges(live, desired, server.version, {
    property: storage.property,
    standalone: replicas && server.cluster === undefined,
  });

/** What the server would refuse of a new stream just as well: replicas without a cluster. */
const refusedAnyhow = <I extends Lifecycle & object>(
  call: Call<I>,
  live: StreamInfo,
  desired: StreamConfig,
): Change[] => {
  const inPlace = new Set(refusedInPlace(call, live.config, desired, false).map(({ path }) => path));
  return refusedInPlace(call, live.config, desired, true).filter(({ path }) => !inPlace.has(path));
};

/** Throws `data-loss` with the numbers when the change would delete messages. */
export async function refuseLoss<I extends Lifecycle & object>(
  call: Call<I>,
  live: StreamInfo,
  desired: StreamConfig,
): Promise<void> {
  const { backend, context } = call;
  const counted = needsSubjectCounts(live, desired)
    ? await backend.streamInfo(desired.name, { perSubject: true })
    : undefined;
  const losses = dataLoss(counted ?? live, desired, { version: backend.server.version, now: context.now() });
  if (losses.length === 0) return;
  throw new SlipwayError({
    ...call.subject,
    errorCode: "data-loss",
    detail: `the change would delete messages of stream ${live.config.name}`,
    facts: losses.map(({ message }) => message),
    remedy: "set allowDataLoss: true for this up, or keep the limits that are there",
  });
}

/** Throws a conflict when a stream only goes by the name of a bucket. */
export function refuseOtherShape<I extends Lifecycle & object>(call: Call<I>, live: StreamInfo): void {
  const problems = call.storage.verifyShape(live.config);
  if (problems.length === 0) return;
  throw new SlipwayError({
    ...call.subject,
    errorCode: "conflict",
    detail: `stream ${live.config.name} is not a ${call.subject.kind}`,
    facts: problems,
    remedy: "get it as a Stream, or correct it",
  });
}

/** Says so when the stream is not the one that was known: only its name is the same. */
export function noteRecreated<I extends Lifecycle & object>(
  call: Call<I>,
  known: string | undefined,
  live: StreamInfo,
): void {
  if (known === undefined || known === live.created) return;
  const { kind, resource } = call.subject;
  call.context.log(
    `${kind} ${resource}: recreated outside at ${live.created}; messages from before are lost (it was made at ${known})`,
  );
}

/** Says so when the stream is another's by now: up and destroy will refuse to touch it. */
export function noteForeign<I extends Lifecycle & object>(
  call: Call<I>,
  live: StreamInfo,
  ours: string | undefined,
): void {
  const { owner } = markOf(live.config);
  if (owner === undefined || owner === ours) return;
  call.context.log(`${call.subject.kind} ${call.subject.resource}: belongs to ${owner} now`);
}

/** What to throw when the server took a config and kept something else. */
export const droppedFields = <I extends Lifecycle & object>(
  call: Call<I>,
  dropped: readonly Difference[],
): SlipwayError =>
  new SlipwayError({
    ...call.subject,
    errorCode: "unsupported",
    detail: `server ${call.backend.server.version} took the config, but not all of it`,
    facts: dropped.map(differenceLine("kept", "asked for", call.storage.property)),
    remedy: "leave these out, or update the server",
  });
