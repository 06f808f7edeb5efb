import type { ConsumerInfo, StreamInfo } from "../../clients/nats/wire.ts";
import { markOf } from "../../providers/jetstream/mark.ts";
import type { Orphan, StatusResource } from "../contracts.ts";
import { nameOfUrn, type StateResource } from "../state/deployment.ts";
import { consumerIdOf, parseResourceId, storageIdOf } from "./resource-id.ts";

/** How all of Slipway's own kinds are called in the state. */
export const SLIPWAY_TYPE = "pulumi-nodejs:dynamic/slipway:";

/** What a look at one resource told. */
export type Reading =
  | { readonly state: "same" }
  | { readonly state: "gone" }
  /** Changed behind Slipway's back: the properties, as declared and as they are. */
  | { readonly state: "differs"; readonly properties: readonly PropertyDifference[] }
  /** The look failed; one line. */
  | { readonly state: "unknown"; readonly why: string };

export interface PropertyDifference {
  readonly property: string;
  readonly stored: unknown;
  readonly live: unknown;
}

/** One look at everything that a stack has. */
export interface Look {
  /** By URN. */
  readonly readings: ReadonlyMap<string, Reading>;
  /** Every stream of the account, by name. */
  readonly streams: ReadonlyMap<string, StreamInfo>;
  /** Consumers of the streams that carry the stack's mark or hold resources of it. */
  readonly consumers: readonly ConsumerInfo[];
}

const NO_FIGURES = { messages: null, bytes: null, maxBytes: null, fill: null, consumers: null };

/** The stack's own resources, as they stand in its state; what waits for deletion after a replacement is none. */
export const slipwayResources = (resources: readonly StateResource[]): StateResource[] =>
  resources
    .filter((resource) => resource.type.startsWith(SLIPWAY_TYPE) && resource.delete !== true)
    .sort((a, b) => compare(a.type, b.type) || compare(nameOfUrn(a.urn), nameOfUrn(b.urn)));

/** One row a resource, bytewise by type and name. Without a look (`why` says why) no row is healthy. */
export function statusRows(
  resources: readonly StateResource[],
  look: Look | { readonly why: string },
): StatusResource[] {
  return slipwayResources(resources).map((resource) => {
    const id = resource.id ?? "";
    const problems = "why" in look ? [look.why] : problemsOf(resource, id, look);
    return {
      type: resource.type,
      name: nameOfUrn(resource.urn),
      urn: resource.urn,
      id,
      healthy: problems.length === 0,
      problems,
      ...("why" in look ? NO_FIGURES : figuresOf(id, look)),
    };
  });
}

function problemsOf(resource: StateResource, id: string, look: Look): string[] {
  const reading = look.readings.get(resource.urn) ?? { state: "unknown", why: "was not looked at" };
  if (reading.state === "gone")
    return ["is gone from the server; slipway refresh, then slipway up, make it again"];
  if (reading.state === "unknown") return [reading.why];
  const differences = reading.state === "differs" ? reading.properties.map(describeDifference) : [];
  return [...differences, ...leaderProblems(id, look)];
}

const describeDifference = ({ property, stored, live }: PropertyDifference): string =>
  `${property} is ${shown(live)}, not ${shown(stored)}: changed outside of Slipway`;

/** A clustered stream without a leader takes no message and answers no request. */
function leaderProblems(id: string, look: Look): string[] {
  const cluster = look.streams.get(parseResourceId(id)?.stream ?? "")?.cluster;
  return cluster !== undefined && !cluster.leader ? ["has no leader: too few of its replicas are up"] : [];
}

function figuresOf(
  id: string,
  look: Look,
): typeof NO_FIGURES | Pick<StatusResource, keyof typeof NO_FIGURES> {
  if (parseResourceId(id)?.durable !== undefined) {
    const info = look.consumers.find((item) => consumerIdOf(item) === id);
    // What a consumer holds is what it has still to deliver or to see acknowledged.
    return info === undefined
      ? NO_FIGURES
      : { ...NO_FIGURES, messages: info.num_pending + info.num_ack_pending };
  }
  const info = look.streams.get(parseResourceId(id)?.stream ?? "");
  if (info === undefined) return NO_FIGURES;
  const { messages, bytes, consumer_count } = info.state;
  const limit = info.config.max_bytes ?? 0;
  const maxBytes = limit > 0 ? limit : null;
  return {
    messages,
    bytes,
    maxBytes,
    fill: maxBytes === null ? null : bytes / maxBytes,
    consumers: consumer_count,
  };
}

/** What carries the stack's mark on the server but is not in its state, bytewise by id. */
export function orphansOf(resources: readonly StateResource[], look: Look, stackOwner: string): Orphan[] {
  const ids = slipwayResources(resources).map((resource) => resource.id ?? "");
  const parsed = ids.flatMap((id) => parseResourceId(id) ?? []);
  const knownStreams = new Set(
    parsed.flatMap(({ stream, durable }) => (durable === undefined ? [stream] : [])),
  );
  const knownConsumers = new Set(ids);
  const ownerOf = (config: Parameters<typeof markOf>[0]): string | undefined => {
    const { owner } = markOf(config);
    return owner?.startsWith(stackOwner) ? owner : undefined;
  };
  const streams = [...look.streams.values()].flatMap(({ config, state }) => {
    const owner = ownerOf(config);
    if (owner === undefined || knownStreams.has(config.name)) return [];
    return [{ id: storageIdOf(config.name), owner, messages: state.messages, bytes: state.bytes }];
  });
  const consumers = look.consumers.flatMap((info) => {
    const owner = ownerOf(info.config);
    const id = consumerIdOf(info);
    if (owner === undefined || knownConsumers.has(id)) return [];
    return [{ id, owner, messages: info.num_pending + info.num_ack_pending, bytes: null }];
  });
  return [...streams, ...consumers].sort((a, b) => compare(a.id, b.id));
}

const shown = (value: unknown): string => (value === undefined ? "unset" : JSON.stringify(value));
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
