import { z } from "zod";
import { fullKey } from "../../config/keys.ts";
import type { Session } from "../project/session.ts";
import type { PulumiCli } from "./cli.ts";
import { engineError } from "./stack-state.ts";

/** Stack config by full key, as the program and the providers get it: structured values as JSON text. */
export type ConfigReader = (key: string) => string | undefined;

const listing = z.record(z.string(), z.looseObject({ value: z.string().optional() }));

/** From the file itself; by the CLI, which has the key, where something in it is encrypted. */
export async function readConfig(cli: PulumiCli, session: Session): Promise<ConfigReader> {
  if (!session.file.hasSecrets) {
    return (key) => textOf(session.file.config[fullKey(session.project, key)]);
  }
  const file = session.configFile === undefined ? [] : ["--config-file", session.configFile];
  const shown = await cli.capture(["config", "--json", "--show-secrets", "--stack", session.stack, ...file]);
  if (shown.code !== 0) throw engineError(`the config of stack ${session.stack} can't be decrypted`, shown);
  const values = listing.parse(JSON.parse(shown.stdout));
  return (key) => values[fullKey(session.project, key)]?.value;
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
