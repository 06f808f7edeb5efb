import type { Finding } from "../../kernel/finding.ts";
import { bytewise, show } from "../parsed.ts";
import { SubjectIndex } from "../subject-index.ts";
import { BUCKET_SPACES, collisionsBetween, covers } from "../subjects.ts";
import { type FindingCode, finding } from "./codes.ts";
import { checkAgainstStream } from "./consumer-stream.ts";
import {
  capturedBy,
  type Declared,
  type DeclaredStorage,
  declaredConsumers,
  declaredStorages,
  originsOf,
} from "./declared.ts";

/** What can be said of a whole declared set without asking a server. */
export const forecastOffline = (declared: readonly Declared[]): Finding[] => {
  const storages = declaredStorages(declared);
  return [
    ...duplicates(declared, storages),
    ...overlaps(storages),
    ...storages.flatMap(bucketSpace),
    ...originCycles(storages),
    ...storages.flatMap(replicasAndStorage),
    ...consumersOfDeclared(declared, storages),
  ];
};

const duplicates = (declared: readonly Declared[], storages: readonly DeclaredStorage[]): Finding[] => {
  const made = [
    ...storages.map(({ name, path, stream }) => ({ name, path, what: `stream ${stream}` })),
    ...declaredConsumers(declared).map(({ name, path, input }) => ({
      name,
      path,
      what: `consumer ${input.durable} of stream ${input.stream}`,
    })),
  ];
  const first = new Map<string, (typeof made)[number]>();
  return made.flatMap((item) => {
    const other = first.get(item.what);
    if (other === undefined) {
      first.set(item.what, item);
      return [];
    }
    return finding({
      severity: "error",
      code: "name.duplicate",
      resource: item.name,
      path: item.path,
      message: `makes ${item.what}, which ${other.name} (${other.path}) makes too`,
      facts: { other: other.name },
      remedy: "rename one of them, or remove it",
    });
  });
};

const overlaps = (storages: readonly DeclaredStorage[]): Finding[] => {
  const index = new SubjectIndex<number>();
  storages.forEach(({ config }, i) => {
    for (const subject of capturedBy(config)) index.add(subject, i);
  });
  return storages.flatMap((a, i) =>
    [...index.colliding(capturedBy(a.config))]
      .filter((j) => j > i)
      .sort((left, right) => left - right)
      .flatMap((j) => overlapsBetween(a, storages[j] as DeclaredStorage)),
  );
};

const overlapsBetween = (a: DeclaredStorage, b: DeclaredStorage): Finding[] => {
  // The same stream twice is a duplicate, told already.
  if (a.stream === b.stream) return [];
  return collisionsBetween(capturedBy(b.config), capturedBy(a.config)).map(([own, other]) =>
    finding({
      severity: "error",
      code: "subjects.overlap",
      resource: b.name,
      path: b.pathOf("subjects"),
      message: `${show(own)} overlaps ${show(other)} of ${a.name}: a subject belongs to one stream`,
      facts: { subject: own, other: a.name, otherSubject: other },
      remedy: `narrow one of them, or take it out of ${b.name} or ${a.name}`,
    }),
  );
};

const bucketSpace = (storage: DeclaredStorage): Finding[] => {
  if (storage.kind !== "Stream") return [];
  return capturedBy(storage.config)
    .filter((subject) => BUCKET_SPACES.some((space) => covers(subject, space)))
    .map((subject) =>
      finding({
        severity: "warning",
        code: "subjects.bucket-space",
        resource: storage.name,
        path: storage.pathOf("subjects"),
        message: `${show(subject)} captures a whole space of buckets: none can be made beside it`,
        facts: { subject },
        remedy: "narrow the subject",
      }),
    );
};

/** Streams that can be reached from themselves over mirrors and sources. */
const originCycles = (storages: readonly DeclaredStorage[]): Finding[] => {
  const origins = new Map(storages.map(({ stream, config }) => [stream, originsOf(config)]));
  const reported = new Set<string>();
  return storages.flatMap((storage) => {
    const circle = circleFrom(storage.stream, origins);
    const key = [...(circle ?? [])].sort(bytewise).join("\n");
    if (circle === undefined || reported.has(key)) return [];
    reported.add(key);
    return finding({
      severity: "error",
      code: "origin.cycle",
      resource: storage.name,
      path: storage.pathOf(storage.config.mirror === undefined ? "sources" : "mirror"),
      message: `copies from itself: ${[...circle, storage.stream].join(" from ")}`,
      facts: { streams: circle.length },
      remedy: "take one of these origins out",
    });
  });
};

const circleFrom = (start: string, origins: ReadonlyMap<string, readonly string[]>): string[] | undefined => {
  const visited = new Set<string>();
  const walk = (stream: string, path: readonly string[]): string[] | undefined => {
    for (const origin of origins.get(stream) ?? []) {
      if (origin === start) return [...path];
      if (visited.has(origin)) continue;
      visited.add(origin);
      const found = walk(origin, [...path, origin]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
};

const replicasAndStorage = (storage: DeclaredStorage): Finding[] => {
  const { config, name, pathOf } = storage;
  const replicas = config.num_replicas ?? 1;
  const warn = (code: FindingCode, field: string, message: string, remedy: string) =>
    finding({
      severity: "warning",
      code,
      resource: name,
      path: pathOf(field),
      message,
      facts: { replicas },
      remedy,
    });
  const found: Finding[] = [];
  if (replicas % 2 === 0) {
    const message = `${replicas} replicas stand the loss of ${replicas / 2 - 1}, as ${replicas - 1} do`;
    found.push(warn("replicas.even", "num_replicas", message, `take ${replicas - 1} or ${replicas + 1}`));
  }
  if (config.storage === "memory" && replicas === 1) {
    const message = "is held in memory by one server: a restart loses everything";
    found.push(warn("storage.memory", "storage", message, "take storage: file, or more replicas"));
  }
  return found;
};

const consumersOfDeclared = (
  declared: readonly Declared[],
  storages: readonly DeclaredStorage[],
): Finding[] => {
  const byStream = new Map(storages.map((storage) => [storage.stream, storage]));
  const consumers = declaredConsumers(declared);
  return consumers.flatMap((consumer) => {
    const { stream } = consumer.input;
    const storage = byStream.get(stream);
    if (storage !== undefined) {
      const others = consumers.filter((other) => other !== consumer && other.input.stream === stream);
      return checkAgainstStream(consumer, storage.config, others);
    }
    return finding({
      severity: "note",
      code: "consumer.undeclared-stream",
      resource: consumer.name,
      path: `${consumer.path}.stream`,
      message: `stream ${stream} is not declared in this stack: it has to be there already`,
      facts: { stream },
      remedy: "declare the stream, or make sure that its owner keeps it",
    });
  });
};
