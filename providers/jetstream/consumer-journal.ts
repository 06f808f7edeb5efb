import type { ConsumerConfig, ConsumerInfo } from "../../clients/nats/wire.ts";
import type { JetStreamBackend } from "./backend.ts";
import { resumePosition } from "./consumer-position.ts";
import { supportsMark, withMark } from "./mark.ts";

/**
 * Where a consumer stood, kept on the server while it is deleted and made again: a second durable beside it that starts
 * behind its last acknowledged message. Whoever comes after a crash finds it and goes on; on an interest stream it also
 * holds on to the messages meanwhile.
 */
export const journalName = (durable: string): string => `${durable}__resume`;

export const findJournal = (
  backend: JetStreamBackend,
  stream: string,
  durable: string,
): Promise<ConsumerInfo | undefined> => backend.consumerInfo(stream, journalName(durable));

/** Writes down where a live consumer stands now. An older journal is of a replacement that never began, and goes. */
export async function writeJournal(
  backend: JetStreamBackend,
  live: ConsumerInfo,
  owner: string | undefined,
): Promise<ConsumerInfo> {
  const name = journalName(live.name);
  await backend.deleteConsumer(live.stream_name, name);
  const config: ConsumerConfig = {
    name,
    durable_name: name,
    description: `where ${live.name} goes on when it is made again`,
    ack_policy: "explicit",
    ...resumePosition(live),
  };
  const mark = owner !== undefined && supportsMark(backend.server.version) ? { owner } : {};
  return backend.createConsumer(live.stream_name, withMark(config, mark));
}

export const removeJournal = (backend: JetStreamBackend, stream: string, durable: string): Promise<boolean> =>
  backend.deleteConsumer(stream, journalName(durable));
