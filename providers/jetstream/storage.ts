import type { z } from "zod";
import type { StreamConfig } from "../../clients/nats/wire.ts";
import { SlipwayError } from "../kernel/errors.ts";
import { bytesOf } from "./bytes.ts";
import {
  KEY_VALUE_PROPERTIES,
  keyValueFromConfig,
  keyValueStream,
  keyValueToConfig,
  verifyKeyValueShape,
} from "./key-value/config.ts";
import { type KeyValueInput, keyValueSchema } from "./key-value/schema.ts";
import type { ToConfigOptions } from "./lifecycle.ts";
import {
  OBJECT_STORE_PROPERTIES,
  objectStoreFromConfig,
  objectStoreStream,
  objectStoreToConfig,
  verifyObjectStoreShape,
} from "./object-store/config.ts";
import { type ObjectStoreInput, objectStoreSchema } from "./object-store/schema.ts";
import { show } from "./parsed.ts";
import { STREAM_PROPERTIES, streamFromConfig, streamToConfig } from "./stream/config.ts";
import { type StreamInput, streamSchema } from "./stream/schema.ts";

/** One kind of storage: a stream, or something that a stream holds. Everything about it that is not generic. */
export interface StorageKind<I> {
  readonly kind: "Stream" | "KeyValue" | "ObjectStore";
  readonly schema: z.ZodType<I>;
  /** The name that a user gave. */
  resourceName(input: I): string;
  /** The stream that holds it. */
  streamName(input: I): string;
  /** `stream/<name>`, `kv/<bucket>`, `obj/<bucket>`. */
  id(input: I): string;
  /** Throws `invalid-input` when the id is not of this kind. */
  streamNameOfId(id: string): string;
  /** The property that a wire field is declared by: `max_bytes` is `maxBytes`. */
  property(field: string): string;
  toConfig(input: I, options?: ToConfigOptions): StreamConfig;
  fromConfig(config: StreamConfig, like?: I): I;
  /** What keeps a live stream from being one of this kind, a line each. */
  verifyShape(config: StreamConfig): string[];
}

const idOf = (prefix: string, name: string): string => `${prefix}/${name}`;

/** Names hold no slash, so the first one ends the prefix. */
const nameOfId = (kind: StorageKind<unknown>["kind"], prefix: string, id: string): string => {
  const name = id.slice(prefix.length + 1);
  if (id.startsWith(`${prefix}/`) && name !== "" && !name.includes("/")) return name;
  throw new SlipwayError({
    kind,
    resource: id,
    errorCode: "invalid-input",
    detail: `${show(id)} is not the id of ${kind === "ObjectStore" ? "an" : "a"} ${kind}`,
    remedy: `write ${prefix}/<name>`,
  });
};

export const streamStorage: StorageKind<StreamInput> = {
  kind: "Stream",
  schema: streamSchema,
  resourceName: ({ name }) => name,
  streamName: ({ name }) => name,
  id: ({ name }) => idOf("stream", name),
  streamNameOfId: (id) => nameOfId("Stream", "stream", id),
  property: (field) => STREAM_PROPERTIES[field] ?? field,
  toConfig: streamToConfig,
  fromConfig: streamFromConfig,
  verifyShape: () => [],
};

export const keyValueStorage: StorageKind<KeyValueInput> = {
  kind: "KeyValue",
  schema: keyValueSchema,
  resourceName: ({ bucket }) => bucket,
  streamName: ({ bucket }) => keyValueStream(bucket),
  id: ({ bucket }) => idOf("kv", bucket),
  streamNameOfId: (id) => keyValueStream(nameOfId("KeyValue", "kv", id)),
  property: (field) => KEY_VALUE_PROPERTIES[field] ?? field,
  toConfig: keyValueToConfig,
  fromConfig: keyValueFromConfig,
  verifyShape: verifyKeyValueShape,
};

export const objectStoreStorage: StorageKind<ObjectStoreInput> = {
  kind: "ObjectStore",
  schema: objectStoreSchema,
  resourceName: ({ bucket }) => bucket,
  streamName: ({ bucket }) => objectStoreStream(bucket),
  id: ({ bucket }) => idOf("obj", bucket),
  streamNameOfId: (id) => objectStoreStream(nameOfId("ObjectStore", "obj", id)),
  property: (field) => OBJECT_STORE_PROPERTIES[field] ?? field,
  toConfig: objectStoreToConfig,
  fromConfig: objectStoreFromConfig,
  verifyShape: verifyObjectStoreShape,
};

/** What a declaration reserves on a server, in bytes: its cap, or nothing without one. Replicas are not counted in. */
export const reservedBytes = ({
  input,
}: {
  readonly input: { readonly maxBytes?: string | undefined };
}): number => (input.maxBytes === undefined ? 0 : bytesOf(input.maxBytes));

/** `consumer/<stream>/<durable>` */
export const consumerId = ({
  stream,
  durable,
}: {
  readonly stream: string;
  readonly durable: string;
}): string => `consumer/${stream}/${durable}`;

/** Throws `invalid-input` when the id is not a consumer's. */
export const parseConsumerId = (id: string): { stream: string; durable: string } => {
  const [prefix, stream, durable, ...rest] = id.split("/");
  if (prefix === "consumer" && stream && durable && rest.length === 0) return { stream, durable };
  throw new SlipwayError({
    kind: "Consumer",
    resource: id,
    errorCode: "invalid-input",
    detail: `${show(id)} is not the id of a Consumer`,
    remedy: "write consumer/<stream>/<durable>",
  });
};
