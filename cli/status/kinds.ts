import type { JetStreamBackend } from "../../providers/jetstream/backend.ts";
import { consumerKind } from "../../providers/jetstream/consumer/kind.ts";
import { keyValueKind } from "../../providers/jetstream/key-value/kind.ts";
import { objectStoreKind } from "../../providers/jetstream/object-store/kind.ts";
import { streamKind } from "../../providers/jetstream/stream/kind.ts";
import type { Context, Kind } from "../../providers/kernel/kind.ts";
import type { ConfigReader } from "../pulumi/stack-config.ts";

export type AnyKind = Kind<object, object>;
/** By name: `Stream`. */
export type Kinds = ReadonlyMap<string, AnyKind>;

/** The messaging kinds over one open connection. */
export function kindsOver(backend: JetStreamBackend): Kinds {
  const open = async (): Promise<JetStreamBackend> => backend;
  const kinds = [streamKind(open), keyValueKind(open), objectStoreKind(open), consumerKind(open)];
  return new Map((kinds as unknown as AnyKind[]).map((kind) => [kind.name, kind]));
}

/** For a call outside of any run of the engine. */
export const contextOf = (
  config: ConfigReader,
  signal: AbortSignal,
  log: (line: string) => void = () => {},
): Context => ({ config, log, signal, now: Date.now, replacing: false });
