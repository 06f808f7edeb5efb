import type { Surroundings } from "../../clients/embedded.ts";
import { closeAllJetStream, openJetStream } from "../../clients/nats/pool.ts";
import { resolveSettings } from "../../clients/nats/settings.ts";
import type { ConsumerInfo, StreamInfo } from "../../clients/nats/wire.ts";
import type { JetStreamBackend } from "../../providers/jetstream/backend.ts";
import { sameValue } from "../../providers/jetstream/canonical.ts";
import { markOf } from "../../providers/jetstream/mark.ts";
import { parseState } from "../../providers/kernel/state.ts";
import { messageOf } from "../errors.ts";
import type { ConfigReader } from "../pulumi/stack-config.ts";
import { nameOfUrn, type StateResource } from "../state/deployment.ts";
import { contextOf, type Kinds, kindsOver } from "./kinds.ts";
import { parseResourceId } from "./resource-id.ts";
import { type Look, type PropertyDifference, type Reading, SLIPWAY_TYPE, slipwayResources } from "./rows.ts";

/** For the look as a whole: a person is waiting. */
const LOOK_DEADLINE_MS = 20_000;

export interface LookOptions {
  readonly surroundings: Surroundings;
  /** `<project>/<stack>/`: how the marks of this stack's resources begin. */
  readonly stackOwner: string;
}

/**
 * Asks the servers once for everything that the stack has there, by the same reads as a refresh. `why` tells why they
 * could not be asked. Never writes.
 */
export async function lookAt(
  resources: readonly StateResource[],
  config: ConfigReader,
  { surroundings, stackOwner }: LookOptions,
): Promise<Look | { readonly why: string }> {
  // A stack without messaging has no server to ask.
  if (config("slipway:nats") === undefined) return { readings: new Map(), streams: new Map(), consumers: [] };
  const deadline = AbortSignal.timeout(LOOK_DEADLINE_MS);
  try {
    const backend = await openJetStream(resolveSettings(config, surroundings));
    return await Promise.race([
      lookWith(backend, slipwayResources(resources), config, stackOwner, deadline),
      late(deadline),
    ]);
  } catch (error) {
    return { why: messageOf(error) };
  } finally {
    await closeAllJetStream();
  }
}

async function lookWith(
  backend: JetStreamBackend,
  resources: readonly StateResource[],
  config: ConfigReader,
  stackOwner: string,
  signal: AbortSignal,
): Promise<Look> {
  const streams = new Map(
    (await backend.listStreams({ fresh: true })).map((info) => [info.config.name, info]),
  );
  const kinds = kindsOver(backend);
  const [readings, consumers] = await Promise.all([
    Promise.all(
      resources.map(async (resource) => [resource.urn, await read(kinds, resource, config, signal)] as const),
    ),
    consumersOf(
      backend,
      streams,
      new Set(resources.map((resource) => parseResourceId(resource.id ?? "")?.stream)),
      stackOwner,
    ),
  ]);
  return { readings: new Map(readings), streams, consumers };
}

/** Only of streams that have some and are the stack's business: each costs a request. */
async function consumersOf(
  backend: JetStreamBackend,
  streams: ReadonlyMap<string, StreamInfo>,
  inState: ReadonlySet<string | undefined>,
  stackOwner: string,
): Promise<ConsumerInfo[]> {
  const ours = [...streams.values()].filter(
    ({ config, state }) =>
      state.consumer_count > 0 && (inState.has(config.name) || markOf(config).owner?.startsWith(stackOwner)),
  );
  return (await Promise.all(ours.map(({ config }) => backend.listConsumers(config.name)))).flat();
}

/** Compares what the state says with what a refresh would put in its place. */
async function read(
  kinds: Kinds,
  resource: StateResource,
  config: ConfigReader,
  signal: AbortSignal,
): Promise<Reading> {
  const kind = kinds.get(resource.type.slice(SLIPWAY_TYPE.length));
  if (kind === undefined) return { state: "unknown", why: "is of a kind that this Slipway doesn't know" };
  const context = contextOf(config, signal);
  try {
    const stored = parseState(kind, resource.outputs ?? {});
    if (stored === undefined)
      return { state: "unknown", why: "has no outputs in the state; slipway up finishes it" };
    const live = await kind.read(context, resource.id ?? "", stored);
    if (live === undefined) return { state: "gone" };
    const properties = [
      ...differencesOf(stored.input, live.input),
      ...differencesOf(stored.computed, live.computed),
    ];
    return properties.length === 0 ? { state: "same" } : { state: "differs", properties };
  } catch (error) {
    return { state: "unknown", why: `${nameOfUrn(resource.urn)}: ${messageOf(error)}` };
  }
}

function differencesOf(stored: object, live: object): PropertyDifference[] {
  const [before, after] = [stored as Record<string, unknown>, live as Record<string, unknown>];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((property) => !sameValue(before[property], after[property]))
    .sort()
    .map((property) => ({ property, stored: before[property], live: after[property] }));
}

const late = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () =>
      reject(new Error(`the server gave no complete answer within ${LOOK_DEADLINE_MS / 1000} s`)),
    );
  });
