import type { ConsumerConfig, ConsumerInfo, StreamConfig } from "../../clients/nats/wire.ts";
import { PartialFailure, SlipwayError } from "../kernel/errors.ts";
import type { Change, Context, Kind, Stored } from "../kernel/kind.ts";
import type { JetStreamBackend } from "./backend.ts";
import { refusedConsumerChanges, unsupportedConsumer } from "./capabilities.ts";
import { CONSUMER_PROPERTIES, consumerFromConfig, consumerToConfig } from "./consumer/config.ts";
import { consumerDifferences, unmanagedConsumerFields } from "./consumer/normalize.ts";
import type { ConsumerInput } from "./consumer/schema.ts";
import { findJournal, removeJournal, writeJournal } from "./consumer-journal.ts";
import { at, positionOf, samePosition } from "./consumer-position.ts";
import {
  API_ERROR,
  changeLine,
  differenceLine,
  isApiError,
  type OpenBackend,
  type Subject,
  withUserErrors,
} from "./effects.ts";
import { markOf, supportsMark, withoutMark, withoutServerMetadata } from "./mark.ts";
import type { Difference } from "./normalize.ts";
import { show } from "./parsed.ts";
import { recreatesConsumer } from "./plan.ts";
import { consumerId, parseConsumerId } from "./storage.ts";
import { atLeast } from "./version.ts";

/** What only the server can tell of a consumer. */
export interface ConsumerComputed {
  /** RFC 3339: when the server made it. Updates leave it. */
  readonly created: string;
  /** True when it was made again behind its last acknowledged message: where it starts is then no drift. */
  readonly resumed?: boolean;
}

type ConsumerStored = Stored<ConsumerInput, ConsumerComputed>;

/** Metadata of a consumer that was made again; on servers that keep none, only the state knows. */
const RESUMED_KEY = "slipway.resumed";
/** From here on a create refuses to change a consumer that is there. */
const CREATE_REFUSES_SINCE = "2.10.0";

/** Everything that one call works with. */
interface Call {
  readonly backend: JetStreamBackend;
  readonly context: Context;
  readonly subject: Subject;
  readonly stream: string;
  readonly durable: string;
}

const property = (field: string): string => CONSUMER_PROPERTIES[field] ?? field;

interface Outcome {
  readonly info: ConsumerInfo;
  readonly resumed: boolean;
}

/** How a consumer is made, looked at, changed and removed. Each is idempotent and can be resumed at any step. */
export function consumerEffects(
  open: OpenBackend,
): Pick<Kind<ConsumerInput, ConsumerComputed>, "create" | "read" | "update" | "delete"> {
  const call = <T>(
    context: Context,
    name: Pick<Call, "stream" | "durable">,
    work: (call: Call) => Promise<T>,
  ) => {
    const subject = { kind: "Consumer", resource: `${name.stream}/${name.durable}` };
    return withUserErrors(subject, async () =>
      work({ backend: await open(context), context, subject, ...name }),
    );
  };
  const writing = <T>(
    context: Context,
    name: Pick<Call, "stream" | "durable">,
    work: (call: Call) => Promise<T>,
  ) => call(context, name, (it) => it.backend.exclusive(it.stream, () => work(it)));
  return {
    create: (context, next) => writing(context, next, (it) => create(it, next)),
    update: (context, _id, prior, next) => writing(context, next, (it) => update(it, prior, next)),
    delete: (context, _id, prior) => writing(context, prior.input, (it) => remove(it, prior.input)),
    read: (context, id, prior) => call(context, nameOf(id), (it) => read(it, prior)),
  };
}

async function create(call: Call, next: ConsumerInput): Promise<{ id: string } & ConsumerStored> {
  const { backend, stream, durable } = call;
  const desired = desiredConfig(call, next);
  const id = consumerId(next);
  const journal = await findJournal(backend, stream, durable);
  const createRefuses = atLeast(backend.server.version, CREATE_REFUSES_SINCE);
  let live = journal || !createRefuses ? await backend.consumerInfo(stream, durable) : undefined;
  if (live === undefined && journal === undefined) {
    const made = await createUnlessThere(call, desired);
    if (made !== undefined) {
      const dropped = await differing(call, made.config, desired);
      if (dropped.length === 0) return { id, ...stored(next, { info: made, resumed: false }) };
      throw new PartialFailure(
        id,
        stored(next, { info: made, resumed: false }),
        droppedFields(call, dropped),
      );
    }
    live = await backend.consumerInfo(stream, durable);
  }
  if (live !== undefined) await admitTakeover(call, live, desired, next);
  return { id, ...stored(next, await reconcile(call, { live, journal }, desired, next)) };
}

async function createUnlessThere(call: Call, desired: ConsumerConfig): Promise<ConsumerInfo | undefined> {
  try {
    return await call.backend.createConsumer(call.stream, desired);
  } catch (error) {
    if (isApiError(error, API_ERROR.consumerExists)) return undefined;
    throw error;
  }
}

async function admitTakeover(
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

async function update(call: Call, prior: ConsumerStored, next: ConsumerInput): Promise<ConsumerStored> {
  const { backend, stream, durable } = call;
  const desired = desiredConfig(call, next);
  const [live, journal] = await Promise.all([
    backend.consumerInfo(stream, durable),
    findJournal(backend, stream, durable),
  ]);
  if (live !== undefined) {
    refuseForeign(call, live, [prior.input.owner, next.owner]);
    noteRecreated(call, prior.computed.created, live);
  }
  if (live === undefined && journal === undefined) {
    if (!(await wasBeingReplaced(call, prior.input, next))) throw gone(call);
    return stored(next, { info: await backend.createConsumer(stream, desired), resumed: false });
  }
  return stored(next, await reconcile(call, { live, journal }, desired, next, prior.computed));
}

/** On a work queue a replacement leaves no journal: a crash between its two requests leaves nothing at all. */
async function wasBeingReplaced(call: Call, prior: ConsumerInput, next: ConsumerInput): Promise<boolean> {
  if (next.allowReplace !== true || !recreatesConsumer(prior, next)) return false;
  return (await call.backend.streamInfo(call.stream))?.config.retention === "workqueue";
}

/** Brings what is there to what is desired: nothing, an update, or a replacement that keeps its position. */
async function reconcile(
  call: Call,
  { live, journal }: { live: ConsumerInfo | undefined; journal: ConsumerInfo | undefined },
  desired: ConsumerConfig,
  next: ConsumerInput,
  known?: ConsumerComputed,
): Promise<Outcome> {
  const { backend, stream, durable } = call;
  if (live === undefined) {
    if (journal === undefined) throw gone(call);
    return resume(call, journal, desired);
  }
  const resumed =
    wasResumed(live, known) || (journal !== undefined && samePosition(live.config, journal.config));
  const wanted = resumed ? resumedConfig(call, desired, live.config) : desired;
  const changed = await differing(call, live.config, wanted);
  const refused = refusedConsumerChanges(live.config, wanted, backend.server.version);
  if (refused.length > 0) {
    if (next.allowReplace !== true) throw immutable(call, refused);
    return replace(call, live, desired);
  }
  const info =
    changed.length === 0
      ? live
      : await backend.updateConsumer(stream, { ...unmanagedConsumerFields(live.config), ...wanted });
  const dropped = changed.length === 0 ? [] : await differing(call, info.config, wanted);
  if (dropped.length > 0) throw droppedFields(call, dropped);
  if (journal !== undefined) await removeJournal(backend, stream, durable);
  return { info, resumed };
}

/** Deletes a consumer and makes it again where it stood. A crash between any two requests loses nothing. */
async function replace(call: Call, live: ConsumerInfo, desired: ConsumerConfig): Promise<Outcome> {
  const { backend, stream, durable } = call;
  const { log } = call.context;
  const origin = await backend.streamInfo(stream);
  if (origin === undefined) throw gone(call);
  if (origin.config.retention === "workqueue") {
    // What was acknowledged is gone from a work queue, so the start is right by itself; and the server would refuse a
    // second consumer for the same subjects.
    log(`Consumer ${call.subject.resource}: deleted and made again`);
    await backend.deleteConsumer(stream, durable);
    return { info: await makeAgain(call, desired), resumed: false };
  }
  const journal = await writeJournal(backend, live, markOf(desired).owner);
  log(`Consumer ${call.subject.resource}: deleted and made again, ${positionText(journal.config)}`);
  await backend.deleteConsumer(stream, durable);
  return resume(call, journal, desired);
}

/** The second half of a replacement: makes the consumer where the journal says, and closes the journal. */
async function resume(call: Call, journal: ConsumerInfo, desired: ConsumerConfig): Promise<Outcome> {
  const info = await makeAgain(call, resumedConfig(call, desired, journal.config));
  await removeJournal(call.backend, call.stream, call.durable);
  return { info, resumed: true };
}

async function makeAgain(call: Call, config: ConsumerConfig): Promise<ConsumerInfo> {
  const made = await call.backend.createConsumer(call.stream, config);
  const dropped = await differing(call, made.config, config);
  if (dropped.length > 0) throw droppedFields(call, dropped);
  return made;
}

async function read(call: Call, prior: ConsumerStored | undefined): Promise<ConsumerStored | undefined> {
  const { backend, stream, durable } = call;
  const live = await backend.consumerInfo(stream, durable);
  if (live === undefined) return undefined;
  noteRecreated(call, prior?.computed.created, live);
  const resumed = wasResumed(live, prior?.computed);
  const config =
    resumed && prior !== undefined ? at(live.config, positionOf(consumerToConfig(prior.input))) : live.config;
  const limits = await limitsOf(call);
  const input = consumerFromConfig(config, { stream, like: prior?.input, limits });
  return stored(input, { info: live, resumed });
}

async function remove(call: Call, input: ConsumerInput): Promise<void> {
  const { backend, stream, durable } = call;
  const live = await backend.consumerInfo(stream, durable);
  if (live !== undefined) {
    refuseForeign(call, live, [input.owner]);
    if (input.deletionPolicy === "retain") {
      call.context.log(`Consumer ${call.subject.resource}: left on the server`);
      if (markOf(live.config).owner === undefined) return;
      await backend.updateConsumer(stream, withoutServerMetadata(withoutMark(live.config)));
      return;
    }
    await backend.deleteConsumer(stream, durable);
  }
  await removeJournal(backend, stream, durable);
}

function nameOf(id: string): { stream: string; durable: string } {
  const name = parseConsumerId(id);
  if (name !== undefined) return name;
  throw new SlipwayError({
    kind: "Consumer",
    resource: id,
    errorCode: "invalid-input",
    detail: `${show(id)} is not the id of a consumer`,
    remedy: "write consumer/<stream>/<durable>",
  });
}

/** The whole config, marked where the server can keep a mark. Throws `unsupported` with every field it doesn't know. */
function desiredConfig(call: Call, input: ConsumerInput): ConsumerConfig {
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

const wasResumed = ({ config, created }: ConsumerInfo, known: ConsumerComputed | undefined): boolean =>
  config.metadata?.[RESUMED_KEY] !== undefined || (known?.resumed === true && known.created === created);

/** What a resumed consumer looks like: as desired, but starting where the other one does, and saying so. */
function resumedConfig({ backend }: Call, desired: ConsumerConfig, position: ConsumerConfig): ConsumerConfig {
  const config = at(desired, positionOf(position));
  if (!supportsMark(backend.server.version)) return config;
  return { ...config, metadata: { ...config.metadata, [RESUMED_KEY]: "true" } };
}

const stored = (input: ConsumerInput, { info, resumed }: Outcome): ConsumerStored => ({
  input,
  computed: { created: info.created, ...(resumed ? { resumed } : {}) },
});

/** What differs in meaning; what the stream's own limits fill in does not. */
async function differing(call: Call, live: ConsumerConfig, wanted: ConsumerConfig): Promise<Difference[]> {
  const different = consumerDifferences(live, wanted);
  return different.length === 0 ? [] : consumerDifferences(live, wanted, await limitsOf(call));
}

/** The stream's consumer_limits, from the listing that all consumers share. */
async function limitsOf({ backend, stream }: Call): Promise<StreamConfig["consumer_limits"]> {
  const streams = await backend.listStreams();
  return streams.find(({ config }) => config.name === stream)?.config.consumer_limits;
}

function refuseForeign(call: Call, live: ConsumerInfo, ours: readonly (string | undefined)[]): void {
  const { owner } = markOf(live.config);
  if (owner === undefined || ours.includes(owner)) return;
  throw new SlipwayError({
    ...call.subject,
    errorCode: "conflict",
    detail: `the consumer belongs to ${owner} now`,
    remedy: "leave it to that stack and take it out of this one's state (pulumi state delete)",
  });
}

function noteRecreated(call: Call, known: string | undefined, live: ConsumerInfo): void {
  if (known === undefined || known === live.created) return;
  call.context.log(
    `Consumer ${call.subject.resource}: recreated outside at ${live.created}; its position is another`,
  );
}

const gone = (call: Call): SlipwayError =>
  new SlipwayError({
    ...call.subject,
    errorCode: "gone",
    detail: "the consumer is not there any more",
    remedy: "pulumi refresh, then up again: it is then made anew, from where its deliverPolicy says",
  });

const immutable = (call: Call, refused: readonly Change[]): SlipwayError =>
  new SlipwayError({
    ...call.subject,
    errorCode: "refused",
    detail: "the consumer can't be changed like this in place",
    facts: refused.map(changeLine),
    remedy: "set allowReplace: true: it is then deleted and made again behind its last acknowledged message",
  });

const droppedFields = (call: Call, dropped: readonly Difference[]): SlipwayError =>
  new SlipwayError({
    ...call.subject,
    errorCode: "unsupported",
    detail: `server ${call.backend.server.version} took the config, but not all of it`,
    facts: dropped.map(differenceLine("kept", "asked for", property)),
    remedy: "leave these out, or update the server",
  });

const positionText = ({ opt_start_seq, opt_start_time }: ConsumerConfig): string =>
  opt_start_seq === undefined ? `from ${opt_start_time} on` : `from message ${opt_start_seq} on`;
