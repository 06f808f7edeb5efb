import type { Surroundings } from "../../clients/embedded.ts";
import { closeAllJetStream, openJetStream } from "../../clients/nats/pool.ts";
import { resolveSettings } from "../../clients/nats/settings.ts";
import type { Orphan } from "../contracts.ts";
import { messageOf } from "../errors.ts";
import type { ConfigReader } from "../pulumi/stack-config.ts";
import { contextOf, kindsOver } from "./kinds.ts";

/** A connection gives up much earlier; this only keeps a silent server from holding the command. */
const REMOVAL_DEADLINE_MS = 60_000;

const KIND_OF_PREFIX: Readonly<Record<string, string>> = {
  consumer: "Consumer",
  kv: "KeyValue",
  obj: "ObjectStore",
  stream: "Stream",
};

export interface Removal {
  readonly id: string;
  /** Undefined when it is gone. */
  readonly refusal: string | undefined;
}

/**
 * Deletes what an interrupted run left, by the kinds' own delete: what each may lose stands in its mark, and what
 * refuses stays. Consumers go before their streams.
 */
export async function removeOrphans(
  orphans: readonly Orphan[],
  config: ConfigReader,
  surroundings: Surroundings,
  note: (line: string) => void,
): Promise<Removal[]> {
  const context = contextOf(config, AbortSignal.timeout(REMOVAL_DEADLINE_MS), note);
  const removals: Removal[] = [];
  try {
    const kinds = kindsOver(await openJetStream(resolveSettings(config, surroundings)));
    for (const { id } of [...orphans].sort((a, b) => rank(a.id) - rank(b.id))) {
      const kind = kinds.get(KIND_OF_PREFIX[id.split("/")[0] ?? ""] ?? "");
      try {
        const live = await kind?.read(context, id);
        if (live !== undefined) await kind?.delete(context, id, live);
        removals.push({ id, refusal: undefined });
      } catch (error) {
        removals.push({ id, refusal: messageOf(error) });
      }
    }
    return removals;
  } finally {
    await closeAllJetStream();
  }
}

const rank = (id: string): number => (id.startsWith("consumer/") ? 0 : 1);
