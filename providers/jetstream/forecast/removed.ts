import type { StreamInfo } from "../../../clients/nats/wire.ts";
import type { Finding } from "../../kernel/finding.ts";
import { deletionLoss } from "../guards.ts";
import { markOf } from "../mark.ts";
import { KEY_VALUE_PREFIX, OBJECT_STORE_PREFIX } from "../names.ts";
import { consumerId } from "../storage.ts";
import { finding } from "./codes.ts";
import {
  type Declared,
  type DeclaredStorage,
  declaredConsumers,
  type LiveFacts,
  originsOf,
} from "./declared.ts";

/** A stream of this stack that its declarations no longer lead to. */
export interface Removed {
  readonly live: StreamInfo;
  /** The declaration that the mark names, when it is there still: it goes by another name now. */
  readonly renamed: DeclaredStorage | undefined;
}

/** Streams that carry this stack's mark and are not declared any more, under that name at least. */
export const removedStreams = (
  storages: readonly DeclaredStorage[],
  { streams, stackOwner }: LiveFacts,
): Removed[] => {
  const declared = new Set(storages.map(({ stream }) => stream));
  return streams.flatMap((live) => {
    const { owner } = markOf(live.config);
    if (owner === undefined || !owner.startsWith(stackOwner) || declared.has(live.config.name)) return [];
    const family = familyOf(live.config.name);
    const renamed = storages.find(
      ({ input, stream }) => input.owner === owner && familyOf(stream) === family,
    );
    return [{ live, renamed }];
  });
};

/** Marks don't tell a stream from a bucket of the same key in the stack config; the names of their streams do. */
const familyOf = (stream: string): string | undefined =>
  [KEY_VALUE_PREFIX, OBJECT_STORE_PREFIX].find((prefix) => stream.startsWith(prefix));

/** Whether the stream is there after the run. */
export const staysBehind = ({ live }: Removed): boolean => markOf(live.config).deletion === "retain";

/** What is deleted because its declaration went, with what it holds. */
export const removedFindings = (storages: readonly DeclaredStorage[], live: LiveFacts): Finding[] =>
  removedStreams(storages, live).map(removedFinding);

const removedFinding = (removed: Removed): Finding => {
  const { live, renamed } = removed;
  const { name } = live.config;
  const policy = markOf(live.config).deletion ?? "refuse";
  const loss = deletionLoss(live);
  const facts = { messages: live.state.messages, bytes: live.state.bytes, deletionPolicy: policy };
  const base = {
    resource: renamed?.name ?? `Stream ${name}`,
    ...(renamed === undefined ? {} : { path: renamed.pathOf("name") }),
  };
  const because = renamed === undefined ? "is no longer declared" : `goes by the name ${renamed.stream} now`;
  if (policy === "retain") {
    return finding({
      ...base,
      severity: "note",
      code: "removed.retained",
      message: `stream ${name} ${because}: it is left on the server with ${live.state.messages} messages`,
      facts,
      remedy: "delete it there when nobody needs it",
    });
  }
  if (renamed !== undefined) {
    const allowed = renamed.input.allowDataLoss === true || renamed.input.allowReplace === true;
    return finding({
      ...base,
      severity: loss === undefined ? "note" : allowed ? "warning" : "error",
      code: "data-loss.replace",
      message: `stream ${name} ${because}: ${loss?.message ?? "it is empty and deleted"}; nothing is copied`,
      facts,
      remedy:
        "keep the name, or set deletionPolicy: retain and up first, or allowDataLoss: true to let it go",
    });
  }
  return finding({
    ...base,
    severity: loss === undefined ? "note" : policy === "refuse" ? "error" : "warning",
    code: "data-loss.delete",
    message: `stream ${name} ${because}: ${loss?.message ?? "it is empty and deleted"}`,
    facts,
    remedy:
      policy === "refuse"
        ? "declare it again; to let it go, set its deletionPolicy to delete or retain and up first"
        : "declare it again to keep it",
  });
};

/** Consumers of this stack that are no longer declared, where messages wait for nobody else then. */
export const removedConsumerFindings = (
  declared: readonly Declared[],
  storages: readonly DeclaredStorage[],
  facts: LiveFacts,
): Finding[] => {
  const kept = new Set(declaredConsumers(declared).map(({ input }) => consumerId(input)));
  const going = new Set(removedStreams(storages, facts).map(({ live }) => live.config.name));
  return facts.streams.flatMap(({ config: stream, state }) => {
    if (stream.retention !== "interest" || going.has(stream.name)) return [];
    return (facts.consumers.get(stream.name) ?? []).flatMap(
      ({ name, config, num_pending, num_ack_pending }) => {
        const { owner, deletion } = markOf(config);
        const messages = Math.min(num_pending + num_ack_pending, state.messages);
        const isOurs = owner?.startsWith(facts.stackOwner) === true && deletion !== "retain";
        if (!isOurs || messages === 0 || kept.has(consumerId({ stream: stream.name, durable: name })))
          return [];
        return finding({
          severity: "warning",
          code: "data-loss.delete",
          resource: `Consumer ${stream.name}/${name}`,
          message: `is no longer declared: up to ${messages} messages of stream ${stream.name}, which keeps what consumers wait for, would be deleted with it`,
          facts: { messages, precision: "at-most" },
          remedy: "declare it again, let it finish first, or set its deletionPolicy to retain and up first",
        });
      },
    );
  });
};

/** Mirrors and sources whose origin is not there, or goes. The server says nothing about either. */
export const originFindings = (storages: readonly DeclaredStorage[], facts: LiveFacts): Finding[] => {
  const removed = removedStreams(storages, facts).filter((one) => !staysBehind(one));
  const going = new Set(removed.map(({ live }) => live.config.name));
  const there = new Set([
    ...storages.map(({ stream }) => stream),
    ...facts.streams.map(({ config }) => config.name),
  ]);
  const missing = storages.flatMap((storage) =>
    originsOf(storage.config)
      .filter((origin) => !there.has(origin))
      .map((origin) =>
        finding({
          severity: "warning",
          code: "origin.missing",
          resource: storage.name,
          path: storage.pathOf(storage.config.mirror === undefined ? "sources" : "mirror"),
          message: `copies from stream ${origin}, which is neither declared nor there: it stays empty until somebody makes it`,
          facts: { origin },
          remedy: "correct the name, or declare the origin",
        }),
      ),
  );
  const wanted = new Map(storages.map((storage) => [storage.stream, storage]));
  const dependents = facts.streams
    .filter(({ config }) => !going.has(config.name) && !wanted.has(config.name))
    .map(({ config }) => ({ name: `Stream ${config.name}`, path: undefined as string | undefined, config }))
    .concat(storages.map(({ name, path, config }) => ({ name, path, config: { ...config } })));
  const orphaned = dependents.flatMap(({ name, path, config }) =>
    originsOf(config)
      .filter((origin) => going.has(origin))
      .map((origin) =>
        finding({
          severity: "warning",
          code: "origin.deleted",
          resource: name,
          ...(path === undefined ? {} : { path }),
          message: `copies from stream ${origin}, which this run deletes: it gets nothing more`,
          facts: { origin },
          remedy: `keep ${origin}, or take it out of what copies from it`,
        }),
      ),
  );
  return [...missing, ...orphaned];
};
