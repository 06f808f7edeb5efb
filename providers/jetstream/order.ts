import type { StreamConfig } from "../../clients/nats/wire.ts";
import type { Finding } from "../kernel/finding.ts";
import { finding } from "./forecast/codes.ts";
import {
  capturedBy,
  type Declared,
  type DeclaredStorage,
  declaredConsumers,
  declaredStorages,
  type LiveFacts,
  originsOf,
} from "./forecast/declared.ts";
import { bytewise } from "./parsed.ts";
import { type Pool, poolsOf, totalReserved } from "./reservation.ts";
import { SubjectIndex } from "./subject-index.ts";
import { collisionsBetween } from "./subjects.ts";

/** One declaration that has to be done before another. Names are those of `Declared`. */
export interface Edge {
  readonly before: string;
  readonly after: string;
  readonly reason: "origin" | "consumer" | "subject" | "storage";
}

export interface Order {
  /** Acyclic; in bytewise order of `after`, then `before`. */
  readonly edges: readonly Edge[];
  /** What can't be put into one order: an error each, that says to split the change into two ups. */
  readonly cycles: readonly Finding[];
}

/**
 * The order inside one run: origins before their mirrors and sources, streams before their consumers, a stream that
 * gives a subject up before the one that claims it, and shrinks before grows where the storage would not hold both.
 * Without a look at the server only the first two can be told.
 */
export const orderOf = (declared: readonly Declared[], live: LiveFacts | undefined): Order => {
  const storages = declaredStorages(declared);
  const origins = originEdges(storages, configsByName(live));
  const storage = storageTurns(storages, live);
  const must = [...origins.must, ...consumerEdges(declared, storages), ...subjectEdges(storages, live)];
  const graph = new Graph();
  const edgesOf = (turns: readonly Turn[]) => unique(turns.flatMap((turn) => turnEdges(turn, graph)));
  const unmet = unique(must).filter((edge) => !graph.add(edge));
  unmet.push(...edgesOf(storage.must).filter((edge) => !graph.add(edge)));
  // What is only good to have gives way.
  for (const edge of [...edgesOf(storage.may), ...unique(origins.may)]) graph.add(edge);
  const cycles = unmet.flatMap((edge) => cycleFinding(edge, declared));
  return { edges: graph.edges.sort(byEnds), cycles };
};

const byEnds = (a: Edge, b: Edge): number => bytewise(a.after, b.after) || bytewise(a.before, b.before);

const unique = (edges: readonly Edge[]): Edge[] => {
  const seen = new Map(edges.map((edge) => [`${edge.after}\n${edge.before}`, edge]));
  return [...seen.values()].sort(byEnds);
};

/** Edges that never close a circle. */
class Graph {
  readonly edges: Edge[] = [];
  readonly #after = new Map<string, string[]>();

  /** False, and nothing added, when the edge would close a circle. */
  add(edge: Edge): boolean {
    if (this.behind(edge.after).has(edge.before)) return false;
    this.edges.push(edge);
    const after = this.#after.get(edge.before);
    if (after === undefined) this.#after.set(edge.before, [edge.after]);
    else after.push(edge.after);
    return true;
  }

  /** Everything that waits for a name, over however many edges, and the name itself. */
  behind(name: string): ReadonlySet<string> {
    const seen = new Set([name]);
    for (const reached of seen) for (const next of this.#after.get(reached) ?? []) seen.add(next);
    return seen;
  }
}

const WHY: Readonly<Record<Edge["reason"], string>> = {
  origin: "copies from",
  consumer: "consumes from",
  subject: "takes over a subject of",
  storage: "needs the storage that is freed by",
};

const cycleFinding = ({ before, after, reason }: Edge, declared: readonly Declared[]): Finding[] => {
  // A circle of origins is no question of order, and told as such.
  if (reason === "origin") return [];
  const path = declared.find(({ name }) => name === after)?.path;
  return [
    finding({
      severity: "error",
      code: "order.cycle",
      resource: after,
      ...(path === undefined ? {} : { path }),
      message: `${WHY[reason]} ${before}, which itself has to wait for it`,
      facts: { before, reason },
      remedy: `make it two ups: first the change of ${before} without that of ${after}, then the rest`,
    }),
  ];
};

/** Edges without which the server refuses a step, and those that are good to have. */
interface Wishes {
  readonly must: readonly Edge[];
  readonly may: readonly Edge[];
}

/** Between two streams that are both there already, the order matters only to a later destroy. */
const originEdges = (
  storages: readonly DeclaredStorage[],
  now: ReadonlyMap<string, StreamConfig>,
): Wishes => {
  const byStream = new Map(storages.map((storage) => [storage.stream, storage.name]));
  const edges = storages.flatMap(({ name, stream, config }) =>
    originsOf(config).flatMap((origin) => {
      const before = byStream.get(origin);
      if (before === undefined || before === name) return [];
      const edge: Edge = { before, after: name, reason: "origin" };
      return [{ edge, settled: now.has(stream) && now.has(origin) }];
    }),
  );
  return {
    must: edges.filter(({ settled }) => !settled).map(({ edge }) => edge),
    may: edges.filter(({ settled }) => settled).map(({ edge }) => edge),
  };
};

const consumerEdges = (declared: readonly Declared[], storages: readonly DeclaredStorage[]): Edge[] => {
  const byStream = new Map(storages.map((storage) => [storage.stream, storage.name]));
  return declaredConsumers(declared).flatMap(({ name, input }): Edge[] => {
    const before = byStream.get(input.stream);
    return before === undefined ? [] : [{ before, after: name, reason: "consumer" }];
  });
};

/** A stream that holds a subject now and not afterwards lets go before another claims it. */
const subjectEdges = (storages: readonly DeclaredStorage[], live: LiveFacts | undefined): Edge[] => {
  const now = configsByName(live);
  const claims = new SubjectIndex<DeclaredStorage>();
  for (const taker of storages) for (const subject of capturedBy(taker.config)) claims.add(subject, taker);
  return storages.flatMap((giver) => {
    const held = now.get(giver.stream);
    if (held === undefined) return [];
    return [...claims.colliding(capturedBy(held))]
      .filter((taker) => taker.stream !== giver.stream)
      .filter((taker) => collisionsBetween(capturedBy(giver.config), capturedBy(taker.config)).length === 0)
      .map((taker): Edge => ({ before: giver.name, after: taker.name, reason: "subject" }));
  });
};

const configsByName = (live: LiveFacts | undefined): Map<string, StreamConfig> =>
  new Map((live?.streams ?? []).map(({ config }) => [config.name, config]));

/**
 * Where no limit is known the server has one all the same, but it can't be seen: every grow then waits for every shrink,
 * as if there were no room at all, unless something stands against it.
 */
const storageTurns = (
  storages: readonly DeclaredStorage[],
  live: LiveFacts | undefined,
): { readonly must: readonly Turn[]; readonly may: readonly Turn[] } => {
  if (live === undefined) return { must: [], may: [] };
  const now = configsByName(live);
  const known = poolsOf(live.account, live.budgetBytes);
  const noRoom = { ...live.account.limits, max_storage: 0, max_memory: 0 };
  const unseen = poolsOf({ ...live.account, limits: noRoom }, undefined).filter(
    ({ storage }) => !known.some((pool) => pool.storage === storage),
  );
  return {
    must: known.map((pool) => turnWithin(pool, storages, now)),
    may: unseen.map((pool) => turnWithin(pool, storages, now)),
  };
};

/** All of these shrinks before all of these grows. */
interface Turn {
  readonly shrinks: readonly string[];
  readonly grows: readonly string[];
}

/** Up to here each grow waits for each shrink; the engine keeps every edge in its state. */
const MOST_PAIRS = 64;

/** The edges of a turn. Where they would be many, one shrink waits for the others, and every grow for that one. */
const turnEdges = ({ shrinks, grows }: Turn, graph: Graph): Edge[] => {
  const edge = (before: string, after: string): Edge => ({ before, after, reason: "storage" });
  if (shrinks.length * grows.length <= MOST_PAIRS) {
    return shrinks.flatMap((shrink) => grows.map((grow) => edge(shrink, grow)));
  }
  // There is one that no other shrink waits for, since the graph has no circle.
  const last = shrinks.find((shrink) => {
    const behind = graph.behind(shrink);
    return shrinks.every((other) => other === shrink || !behind.has(other));
  }) as string;
  return [
    ...shrinks.filter((shrink) => shrink !== last).map((shrink) => edge(shrink, last)),
    ...grows.map((grow) => edge(last, grow)),
  ];
};

const turnWithin = (
  pool: Pool,
  storages: readonly DeclaredStorage[],
  now: ReadonlyMap<string, StreamConfig>,
): Turn => {
  const steps = storages.map((storage) => {
    const before = now.get(storage.stream);
    const difference = pool.reserved(storage.config) - (before === undefined ? 0 : pool.reserved(before));
    return { name: storage.name, difference };
  });
  const grows = steps.filter(({ difference }) => difference > 0);
  const asked = grows.reduce((sum, { difference }) => sum + difference, 0);
  const excess = totalReserved(pool, [...now.values()]) + asked - pool.limit;
  if (excess <= 0) return { shrinks: [], grows: [] };
  const shrinks = fewest(
    steps
      .filter(({ difference }) => difference < 0)
      .map(({ name, difference }) => ({ name, frees: -difference })),
    excess,
  );
  return { shrinks: shrinks.map(({ name }) => name), grows: grows.map(({ name }) => name) };
};

interface Shrink {
  readonly name: string;
  readonly frees: number;
}

/** Largest first, until they free what is needed; all of them when that is not enough. */
const fewest = (shrinks: readonly Shrink[], needed: number): Shrink[] => {
  const sorted = [...shrinks].sort((a, b) => b.frees - a.frees || bytewise(a.name, b.name));
  let missing = needed;
  return sorted.filter(({ frees }) => {
    if (missing <= 0) return false;
    missing -= frees;
    return true;
  });
};
