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
  const storage = storageEdges(storages, live);
  const must = [...origins.must, ...consumerEdges(declared, storages), ...subjectEdges(storages, live)];
  const graph = new Graph();
  const unmet = [...unique(must), ...unique(storage.must)].filter((edge) => !graph.add(edge));
  // What is only good to have gives way.
  for (const edge of [...unique(storage.may), ...unique(origins.may)]) graph.add(edge);
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
    if (edge.before === edge.after || this.#reaches(edge.after, edge.before)) return false;
    this.edges.push(edge);
    this.#after.set(edge.before, [...(this.#after.get(edge.before) ?? []), edge.after]);
    return true;
  }

  #reaches(from: string, to: string): boolean {
    const seen = new Set([from]);
    const open = [from];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (name === to) return true;
      for (const next of this.#after.get(name) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
    return false;
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
  return storages.flatMap((giver) => {
    const held = now.get(giver.stream);
    if (held === undefined) return [];
    return storages
      .filter((taker) => taker.stream !== giver.stream)
      .filter((taker) => {
        const claims = capturedBy(taker.config);
        const clashesNow = collisionsBetween(capturedBy(held), claims).length > 0;
        return clashesNow && collisionsBetween(capturedBy(giver.config), claims).length === 0;
      })
      .map((taker): Edge => ({ before: giver.name, after: taker.name, reason: "subject" }));
  });
};

const configsByName = (live: LiveFacts | undefined): Map<string, StreamConfig> =>
  new Map((live?.streams ?? []).map(({ config }) => [config.name, config]));

/**
 * Where no limit is known the server has one all the same, but it can't be seen: every grow then waits for every shrink,
 * as if there were no room at all, unless something stands against it.
 */
const storageEdges = (storages: readonly DeclaredStorage[], live: LiveFacts | undefined): Wishes => {
  if (live === undefined) return { must: [], may: [] };
  const now = configsByName(live);
  const known = poolsOf(live.account, live.budgetBytes);
  const noRoom = { ...live.account.limits, max_storage: 0, max_memory: 0 };
  const unseen = poolsOf({ ...live.account, limits: noRoom }, undefined).filter(
    ({ storage }) => !known.some((pool) => pool.storage === storage),
  );
  return {
    must: known.flatMap((pool) => edgesWithin(pool, storages, now)),
    may: unseen.flatMap((pool) => edgesWithin(pool, storages, now)),
  };
};

const edgesWithin = (
  pool: Pool,
  storages: readonly DeclaredStorage[],
  now: ReadonlyMap<string, StreamConfig>,
): Edge[] => {
  const steps = storages.map((storage) => {
    const before = now.get(storage.stream);
    const difference = pool.reserved(storage.config) - (before === undefined ? 0 : pool.reserved(before));
    return { name: storage.name, difference };
  });
  const grows = steps.filter(({ difference }) => difference > 0);
  const asked = grows.reduce((sum, { difference }) => sum + difference, 0);
  const excess = totalReserved(pool, [...now.values()]) + asked - pool.limit;
  if (excess <= 0) return [];
  const shrinks = fewest(
    steps
      .filter(({ difference }) => difference < 0)
      .map(({ name, difference }) => ({ name, frees: -difference })),
    excess,
  );
  return shrinks.flatMap((shrink) =>
    grows.map((grow): Edge => ({ before: shrink.name, after: grow.name, reason: "storage" })),
  );
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
