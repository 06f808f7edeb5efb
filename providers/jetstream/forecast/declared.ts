import type {
  AccountInfo,
  ConsumerInfo,
  ServerInfo,
  StreamConfig,
  StreamInfo,
} from "../../../clients/nats/wire.ts";
import type { ConsumerInput } from "../consumer/schema.ts";
import type { KeyValueInput } from "../key-value/schema.ts";
import type { Lifecycle } from "../lifecycle.ts";
import { supportsMark } from "../mark.ts";
import type { ObjectStoreInput } from "../object-store/schema.ts";
import { keyValueStorage, objectStoreStorage, streamStorage } from "../storage.ts";
import type { StreamInput } from "../stream/schema.ts";

interface DeclaredAs<Kind extends string, Input> {
  readonly kind: Kind;
  /** Unique in the set; `Stream RESULTS`. */
  readonly name: string;
  /** Where it stands in the stack config: `slipway:nats.streams.RESULTS`. */
  readonly path: string;
  /** Canonical. */
  readonly input: Input;
}

/** One resource that a stack declares. */
export type Declared =
  | DeclaredAs<"Stream", StreamInput>
  | DeclaredAs<"KeyValue", KeyValueInput>
  | DeclaredAs<"ObjectStore", ObjectStoreInput>
  | DeclaredAs<"Consumer", ConsumerInput>;

export type DeclaredConsumer = Extract<Declared, { kind: "Consumer" }>;

/** What one look at a server told. */
export interface LiveFacts {
  readonly server: ServerInfo;
  readonly account: AccountInfo;
  readonly streams: readonly StreamInfo[];
  /** By stream; at least those of the streams that consumers are declared on. */
  readonly consumers: ReadonlyMap<string, readonly ConsumerInfo[]>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What the marks of this stack start with: `<project>/<stack>/`. */
  readonly stackOwner: string;
  /** What all streams of the server may reserve together in files, where its own limit can't be seen. */
  readonly budgetBytes?: number;
}

/** A declared stream, bucket or object store with the stream that it wants. */
export interface DeclaredStorage {
  readonly name: string;
  readonly path: string;
  readonly kind: "Stream" | "KeyValue" | "ObjectStore";
  readonly input: Lifecycle;
  readonly stream: string;
  /** Marked, where the declaration has an owner and the server can keep a mark. */
  readonly config: StreamConfig;
  /** Where the property stands that a wire field is declared by. */
  readonly pathOf: (field: string) => string;
  readonly property: (field: string) => string;
}

export interface ViewOptions {
  /** Version of the server; decides whether the wanted config is marked. Default: not marked. */
  readonly version?: string;
}

const storageOf = (item: Exclude<Declared, DeclaredConsumer>, mark: boolean) => {
  switch (item.kind) {
    case "Stream":
      return { config: streamStorage.toConfig(item.input, { mark }), property: streamStorage.property };
    case "KeyValue":
      return { config: keyValueStorage.toConfig(item.input, { mark }), property: keyValueStorage.property };
    case "ObjectStore":
      return {
        config: objectStoreStorage.toConfig(item.input, { mark }),
        property: objectStoreStorage.property,
      };
  }
};

/** The storages among what is declared, in its order. */
export const declaredStorages = (
  declared: readonly Declared[],
  { version }: ViewOptions = {},
): DeclaredStorage[] => {
  const mark = version !== undefined && supportsMark(version);
  return declared.flatMap((item) => {
    if (item.kind === "Consumer") return [];
    const { config, property } = storageOf(item, mark);
    const { name, path, kind, input } = item;
    return [
      {
        name,
        path,
        kind,
        input,
        stream: config.name,
        config,
        property,
        pathOf: (field) => `${path}.${property(field)}`,
      },
    ];
  });
};

/** The consumers among what is declared, in its order. */
export const declaredConsumers = (declared: readonly Declared[]): DeclaredConsumer[] =>
  declared.filter((item) => item.kind === "Consumer");

/** Names of the streams of the same account that a config copies from. */
export const originsOf = ({ mirror, sources = [] }: StreamConfig): string[] =>
  [...(mirror === undefined ? [] : [mirror]), ...sources]
    .filter(({ external }) => external === undefined)
    .map(({ name }) => name);

/** What a stream captures; a mirror captures nothing. */
export const capturedBy = ({ name, subjects = [], mirror, sources = [] }: StreamConfig): readonly string[] =>
  subjects.length > 0 || mirror !== undefined || sources.length > 0 ? subjects : [name];
