import { keyValueStream } from "../../providers/jetstream/key-value/config.ts";
import { objectStoreStream } from "../../providers/jetstream/object-store/config.ts";

/** What the id of a messaging resource says: the stream that it is or belongs to, and its durable name if it has one. */
export interface ResourceId {
  readonly stream: string;
  readonly durable?: string;
}

/** `stream/RESULTS`, `kv/jobs`, `obj/scripts`, `consumer/RESULTS/archive`; undefined for an id of another kind. */
export function parseResourceId(id: string): ResourceId | undefined {
  const [kind, name, durable, ...rest] = id.split("/");
  if (name === undefined || name === "" || rest.length > 0) return undefined;
  if (kind === "consumer") return durable ? { stream: name, durable } : undefined;
  if (durable !== undefined) return undefined;
  if (kind === "stream") return { stream: name };
  if (kind === "kv") return { stream: keyValueStream(name) };
  if (kind === "obj") return { stream: objectStoreStream(name) };
  return undefined;
}

export const consumerIdOf = (info: { readonly stream_name: string; readonly name: string }): string =>
  `consumer/${info.stream_name}/${info.name}`;

const BUCKET_KINDS = [
  ["kv", keyValueStream("")],
  ["obj", objectStoreStream("")],
] as const;

/** The id that a stream's name suggests. */
export function storageIdOf(stream: string): string {
  for (const [kind, prefix] of BUCKET_KINDS) {
    if (stream.startsWith(prefix)) return `${kind}/${stream.slice(prefix.length)}`;
  }
  return `stream/${stream}`;
}
