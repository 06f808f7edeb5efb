import type { ConsumerConfig, ConsumerInfo } from "../../clients/nats/wire.ts";
import type { JetStreamBackend } from "./backend.ts";
import { resumePosition } from "./consumer-position.ts";
import { supportsMark, withMark } from "./mark.ts";
import { JOURNAL_SUFFIX } from "./names.ts";

/**
 * Where a consumer stood, kept on the server while it is deleted and made again: a second durable beside it that starts
 * behind its last acknowledged message. Whoever comes after a crash finds it and goes on; on an interest stream it also
 * holds on to the messages meanwhile.
 */
export const journalName = (durable: string): string => `${durable}${JOURNAL_SUFFIX}`;

const descriptionOf = (durable: string): string => `where ${durable} goes on when it is made again`;

/** The journal of a consumer, and never somebody's consumer that only goes by its name. */
export async function findJournal(
  backend: JetStreamBackend,
  stream: string,
  durable: string,
): Promise<ConsumerInfo | undefined> {
  const found = await backend.consumerInfo(stream, journalName(durable));
  return found?.config.description === descriptionOf(durable) ? found : undefined;
}

/** Writes down where a live consumer stands now. An older journal is of a replacement that never began, and goes. */
export async function writeJournal(
  backend: JetStreamBackend,
  live: ConsumerInfo,
  owner: string | undefined,
): Promise<ConsumerInfo> {
  const name = journalName(live.name);
  await removeJournal(backend, live.stream_name, live.name);
  const config: ConsumerConfig = {
    name,
    durable_name: name,
    description: descriptionOf(live.name),
    ack_policy: "explicit",
    ...resumePosition(live),
  };
  const mark = owner !== undefined && supportsMark(backend.server.version) ? { owner } : {};
  return backend.createConsumer(live.stream_name, withMark(config, mark));
}

export async function removeJournal(
  backend: JetStreamBackend,
  stream: string,
  durable: string,
): Promise<void> {
  const journal = await findJournal(backend, stream, durable);
  if (journal !== undefined) await backend.deleteConsumer(stream, journal.name);
}
