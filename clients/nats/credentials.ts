import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import type { Surroundings } from "../embedded.ts";
import { NatsSettingsError } from "./errors.ts";

const LITERAL_SECRET =
  "a secret can't stand here as text, because the stack config is committed; name where it is: " +
  "{file: <path>}, {env: <variable>} or {secret: <config key>}";

/** Where a credential is to be had: a file, a variable of the environment, or an encrypted key of the stack config. */
export const reference = z.union(
  [
    z.strictObject({ file: z.string().min(1) }),
    z.strictObject({ env: z.string().min(1) }),
    z.strictObject({ secret: z.string().min(1) }),
  ],
  { error: LITERAL_SECRET },
);
export type Reference = z.output<typeof reference>;

export type Credentials =
  | { readonly by: "none" }
  | { readonly by: "creds" | "token" | "nkey"; readonly secret: string }
  | { readonly by: "password"; readonly user: string; readonly secret: string };

/** Where the credentials of a connection are to be had; at most one of creds, token, nkey and user is there. */
export interface CredentialReferences {
  readonly creds?: Reference | undefined;
  readonly token?: Reference | undefined;
  readonly nkey?: Reference | undefined;
  readonly user?: string | undefined;
  readonly password?: Reference | undefined;
}

/** Reads what the references name. `root` is where they stand in the stack config. Throws NatsSettingsError. */
export function credentialsOf(
  connection: CredentialReferences,
  root: string,
  config: (key: string) => string | undefined,
  surroundings: Surroundings,
): Credentials {
  const read = (key: string, from: Reference) => readReference(`${root}.${key}`, from, config, surroundings);
  for (const by of ["creds", "token", "nkey"] as const) {
    const from = connection[by];
    if (from !== undefined) return { by, secret: read(by, from) };
  }
  if (connection.user === undefined || connection.password === undefined) return { by: "none" };
  return { by: "password", user: connection.user, secret: read("password", connection.password) };
}

function readReference(
  path: string,
  from: Reference,
  config: (key: string) => string | undefined,
  { env, cwd }: Surroundings,
): string {
  const missing = (message: string, remedy: string): never => {
    throw new NatsSettingsError([{ path, message, remedy }]);
  };
  if ("env" in from) {
    return env[from.env] || missing(`the variable ${from.env} is not set`, `export ${from.env}`);
  }
  if ("secret" in from) {
    const remedy = `pulumi config set --secret ${from.secret}`;
    return config(from.secret) || missing(`the config key ${from.secret} is not set`, remedy);
  }
  const file = resolve(cwd, from.file);
  try {
    const text = readFileSync(file, "utf8").trim();
    return text || missing(`the file ${file} is empty`, "put the credential into it");
  } catch (error) {
    if (error instanceof NatsSettingsError) throw error;
    return missing(
      `the file ${file} can't be read (${(error as Error).message})`,
      "check path and permissions",
    );
  }
}
