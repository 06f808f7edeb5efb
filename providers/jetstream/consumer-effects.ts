import type { ConsumerConfig, ConsumerInfo } from "../../clients/nats/wire.ts";
import { PartialFailure } from "../kernel/errors.ts";
import type { Context, Kind, Stored } from "../kernel/kind.ts";
import { refusedConsumerChanges } from "./capabilities.ts";
import { consumerFromConfig, consumerToConfig } from "./consumer/config.ts";
import { unmanagedConsumerFields } from "./consumer/normalize.ts";
import type { ConsumerInput } from "./consumer/schema.ts";
import {
  admitTakeover,
  type Call,
  desiredConfig,
  differing,
  droppedFields,
  gone,
  immutable,
  limitsOf,
  noteRecreated,
  refuseForeign,
} from "./consumer-checks.ts";
import { findJournal, removeJournal, writeJournal } from "./consumer-journal.ts";
import { at, positionOf, samePosition } from "./consumer-position.ts";
import { API_ERROR, isApiError, type OpenBackend, withUserErrors } from "./effects.ts";
import { refreshedMark } from "./lifecycle.ts";
import { markOf, supportsMark, withoutMark, withoutServerMetadata } from "./mark.ts";
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
    read: async (context, id, prior) => call(context, parseConsumerId(id), (it) => read(it, prior)),
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
  const serverKeepsMarks = supportsMark(backend.server.version);
  const mark = prior === undefined ? {} : refreshedMark(config, prior.input, { serverKeepsMarks });
  return stored({ ...input, ...(mark as Pick<ConsumerInput, "owner">) }, { info: live, resumed });
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

const positionText = ({ opt_start_seq, opt_start_time }: ConsumerConfig): string =>
  opt_start_seq === undefined ? `from ${opt_start_time} on` : `from message ${opt_start_seq} on`;
