import { openJetStream } from "../../clients/nats/pool.ts";
import { resolveSettings } from "../../clients/nats/settings.ts";
import type { Context } from "../kernel/kind.ts";
import type { JetStreamBackend } from "./backend.ts";

/** The server of this stack's config, by the process's one connection to it. */
export const openBackend = async ({ config }: Pick<Context, "config">): Promise<JetStreamBackend> =>
  openJetStream(resolveSettings(config));
