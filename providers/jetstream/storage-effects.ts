import type { StreamConfig, StreamInfo } from "../../clients/nats/wire.ts";
import { PartialFailure, SlipwayError } from "../kernel/errors.ts";
import type { Context, Kind, Stored } from "../kernel/kind.ts";
import { API_ERROR, isApiError, type OpenBackend, withUserErrors } from "./effects.ts";
import { deletionLoss } from "./guards.ts";
import { type Lifecycle, refreshedMark } from "./lifecycle.ts";
import { markOf, supportsMark, withoutMark, withoutServerMetadata } from "./mark.ts";
import { streamDifferences, unmanagedStreamFields } from "./normalize.ts";
import { show } from "./parsed.ts";
import type { StorageKind } from "./storage.ts";
import {
  admitTakeover,
  type Call,
  desiredConfig,
  droppedFields,
  mayReplace,
  noteForeign,
  noteRecreated,
  refuseForeign,
  refuseImpossible,
  refuseLoss,
  refuseOtherShape,
} from "./storage-checks.ts";

/** What only the server can tell of a stream, bucket or object store. */
export interface StorageComputed {
  /** RFC 3339: when the server made it. Updates leave it; another one means made anew, with nothing of before in it. */
  readonly created: string;
}

type StorageEffects<I extends Lifecycle & object> = Pick<
  Kind<I, StorageComputed>,
  "create" | "read" | "update" | "delete"
>;

/** How any stream-shaped resource is made, looked at, changed and removed. Each is idempotent and can be resumed. */
export function storageEffects<I extends Lifecycle & object>(
  storage: StorageKind<I>,
  open: OpenBackend,
): StorageEffects<I> {
  const call = <T>(
    context: Context,
    stream: string,
    resource: string,
    work: (call: Call<I>) => Promise<T>,
  ) => {
    const subject = { kind: storage.kind, resource };
    return withUserErrors(subject, async () => {
      const backend = await open(context);
      return backend.exclusive(stream, () => work({ backend, context, subject, storage }));
    });
  };
  return {
    create: (context, next) =>
      call(context, storage.streamName(next), storage.resourceName(next), (it) => create(it, next)),
    update: (context, _id, prior, next) =>
      call(context, storage.streamName(next), storage.resourceName(next), (it) => update(it, prior, next)),
    delete: (context, _id, prior) =>
      call(context, storage.streamName(prior.input), storage.resourceName(prior.input), (it) =>
        remove(it, prior.input),
      ),
    // Not exclusive: hundreds of reads share one listing.
    read: (context, id, prior) => {
      const subject = { kind: storage.kind, resource: prior ? storage.resourceName(prior.input) : id };
      return withUserErrors(subject, async () => {
        const backend = await open(context);
        return read({ backend, context, subject, storage }, storage.streamNameOfId(id), prior);
      });
    },
  };
}

async function create<I extends Lifecycle & object>(
  call: Call<I>,
  next: I,
): Promise<{ id: string } & Stored<I, StorageComputed>> {
  const { backend, storage } = call;
  const desired = desiredConfig(call, next);
  const id = storage.id(next);
  let made: StreamInfo;
  try {
    // At once, without a look before: one message, and the mark tells an interrupted create's work from a stranger's.
    made = await backend.createStream(desired);
  } catch (error) {
    if (!isApiError(error, API_ERROR.streamNameInUse)) throw error;
    const live = await backend.streamInfo(desired.name);
    // Deleted in between by somebody else; the next up creates it.
    if (live === undefined) throw error;
    const own = admitTakeover(call, live, desired, next);
    if (own && mayReplace(call, live, desired, next))
      return { id, ...stored(next, await replace(call, desired)) };
    return { id, ...stored(next, await reconcile(call, live, desired, next)) };
  }
  const dropped = streamDifferences(made.config, desired);
  if (dropped.length === 0) return { id, ...stored(next, made) };
  throw new PartialFailure(id, stored(next, made), droppedFields(call, dropped));
}

async function update<I extends Lifecycle & object>(
  call: Call<I>,
  prior: Stored<I, StorageComputed>,
  next: I,
): Promise<Stored<I, StorageComputed>> {
  const { backend } = call;
  const desired = desiredConfig(call, next);
  const live = await backend.streamInfo(desired.name);
  if (live === undefined) {
    throw new SlipwayError({
      ...call.subject,
      errorCode: "gone",
      detail: `stream ${desired.name} is not there any more`,
      remedy: "pulumi refresh, then up again: it is then made anew, empty",
    });
  }
  refuseForeign(call, live, [prior.input.owner, next.owner]);
  noteRecreated(call, prior.computed.created, live);
  return stored(next, await reconcile(call, live, desired, next));
}

/** Brings a live stream to what is desired, unless that would lose data or can't be done; writes only differences. */
async function reconcile<I extends Lifecycle & object>(
  call: Call<I>,
  live: StreamInfo,
  desired: StreamConfig,
  next: I,
): Promise<StreamInfo> {
  const { backend } = call;
  if (streamDifferences(live.config, desired).length === 0) return live;
  refuseImpossible(call, live, desired, next);
  if (next.allowDataLoss !== true) await refuseLoss(call, live, desired);

  const config: StreamConfig & Record<string, unknown> = {
    ...unmanagedStreamFields(live.config),
    ...desired,
  };
  if (movesAndScales(live.config, desired)) {
    // The server takes only one of both in one update. Scaling first, the move then carries all replicas.
    const { placement: _, ...scaled } = config;
    const { placement } = live.config;
    await backend.updateStream(placement === undefined ? scaled : { ...scaled, placement });
  }
  const written = await backend.updateStream(config);
  const dropped = streamDifferences(written.config, desired);
  if (dropped.length > 0) throw droppedFields(call, dropped);
  return written;
}

/** For a create whose interrupted forerunner made something else: the engine knows of no resource to replace. */
async function replace<I extends Lifecycle & object>(
  call: Call<I>,
  desired: StreamConfig,
): Promise<StreamInfo> {
  const { kind, resource } = call.subject;
  call.context.log(`${kind} ${resource}: deleted and created anew, as allowReplace says`);
  await call.backend.deleteStream(desired.name);
  return call.backend.createStream(desired);
}

async function read<I extends Lifecycle & object>(
  call: Call<I>,
  stream: string,
  prior: Stored<I, StorageComputed> | undefined,
): Promise<Stored<I, StorageComputed> | undefined> {
  const { backend, storage } = call;
  const listed = (await backend.listStreams()).find(({ config }) => config.name === stream);
  // A listing can be older than a stream; before a resource is called gone, the server is asked for it by name.
  const live = listed ?? (await backend.streamInfo(stream));
  if (live === undefined) return undefined;
  if (prior === undefined) {
    refuseOtherShape(call, live);
    return stored(storage.fromConfig(live.config), live);
  }
  noteRecreated(call, prior.computed.created, live);
  noteForeign(call, live, prior.input.owner);
  return stored(refreshed(call, live.config, prior.input), live);
}

/**
 * The declaration that a managed stream answers to now. What no declaration can say, such as a bucket that discards old
 * messages, is told in a property of its own: no declaration has it, so the next up finds a difference and repairs it.
 */
function refreshed<I extends Lifecycle & object>(
  { backend, storage }: Call<I>,
  config: StreamConfig,
  prior: I,
): I {
  const input = storage.fromConfig(config, prior);
  const deviations = streamDifferences(withoutMark(config), storage.toConfig(input)).map(
    ({ field, before }) => `${field} is ${show(before)}`,
  );
  const serverKeepsMarks = supportsMark(backend.server.version);
  return {
    ...input,
    ...refreshedMark(config, prior, { serverKeepsMarks }),
    ...(deviations.length === 0 ? {} : { deviations }),
  };
}

async function remove<I extends Lifecycle & object>(call: Call<I>, input: I): Promise<void> {
  const { backend, storage, context } = call;
  const stream = storage.streamName(input);
  const policy = input.deletionPolicy ?? "refuse";
  const live = await backend.streamInfo(stream);
  if (live === undefined) return;
  refuseForeign(call, live, [input.owner]);
  if (policy === "retain") return retain(call, live);
  if (policy === "refuse" && !context.replacing) {
    const loss = deletionLoss(live);
    if (loss !== undefined) {
      throw new SlipwayError({
        ...call.subject,
        errorCode: "data-loss",
        detail: `stream ${stream} is not empty, and its deletionPolicy is refuse`,
        facts: [loss.message],
        remedy:
          "set deletionPolicy to delete (gone with everything) or retain (left on the server), and up, first",
      });
    }
  }
  await backend.deleteStream(stream);
}

/** Leaves the stream as it is, as nobody's. */
async function retain<I extends Lifecycle & object>(call: Call<I>, live: StreamInfo): Promise<void> {
  call.context.log(`${call.subject.kind} ${call.subject.resource}: left on the server with its messages`);
  if (markOf(live.config).owner === undefined) return;
  await call.backend.updateStream(withoutServerMetadata(withoutMark(live.config)));
}

const stored = <I>(input: I, { created }: StreamInfo): Stored<I, StorageComputed> => ({
  input,
  computed: { created },
});

const movesAndScales = (live: StreamConfig, desired: StreamConfig): boolean => {
  const changed = new Set(streamDifferences(live, desired).map(({ field }) => field));
  return changed.has("placement") && changed.has("num_replicas");
};
