import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { CommandError } from "../errors.ts";
import type { Session } from "../project/session.ts";
import { type Checkpoint, checkpointSchema } from "../state/deployment.ts";
import type { Captured } from "./child.ts";
import type { PulumiCli } from "./cli.ts";

/** The CLI has an exit code for it, but not in every release that fits. */
const NO_SUCH_STACK = /no stack named/;
const WRONG_PASSPHRASE = /incorrect passphrase/;
const PASSPHRASE_REMEDY =
  "the encryptionsalt in the stack's file was made with another passphrase than PULUMI_CONFIG_PASSPHRASE or " +
  "PULUMI_CONFIG_PASSPHRASE_FILE gives; set the right one, or for the dev stack, whose passphrase is empty, unset both";
const STACK_EXISTS = /stack '.*' already exists/;

export const engineError = (what: string, { stderr, stdout }: Captured): CommandError => {
  const said = stripVTControlCharacters(stderr.trim() || stdout.trim()).replace(/^error: /, "");
  return new CommandError(
    `${what}: ${said || "pulumi ended without saying why"}`,
    WRONG_PASSPHRASE.test(said) ? { remedy: PASSPHRASE_REMEDY } : {},
  );
};

/** The stack's state as the backend has it; undefined when there is no such stack yet. Secrets stay encrypted. */
export async function exportState(cli: PulumiCli, session: Session): Promise<Checkpoint | undefined> {
  requireBackend(cli, session);
  const exported = await cli.capture(["stack", "export", "--stack", session.stack]);
  if (exported.code !== 0) {
    if (NO_SUCH_STACK.test(exported.stderr)) return undefined;
    throw engineError(`the state of stack ${session.stack} can't be read`, exported);
  }
  return checkpointSchema.parse(JSON.parse(exported.stdout));
}

/** The CLI would ask for an access token of Pulumi Cloud, which need not be what anybody wants. */
export function requireBackend({ backend, env }: Pick<PulumiCli, "backend" | "env">, session: Session): void {
  if (backend !== undefined || env.PULUMI_ACCESS_TOKEN) return;
  throw new CommandError(`nobody has chosen yet where the state of stack ${session.stack} is kept`, {
    remedy:
      "pulumi login <url>, or set PULUMI_BACKEND_URL; for servers on this machine, started by Slipway: " +
      `"slipway:ground: embedded" in ${session.file.path}`,
  });
}

export async function importState(cli: PulumiCli, session: Session, checkpoint: Checkpoint): Promise<void> {
  const imported = await cli.capture(["stack", "import", "--stack", session.stack], {
    input: JSON.stringify(checkpoint),
  });
  if (imported.code !== 0)
    throw engineError(`the state of stack ${session.stack} can't be written`, imported);
}

/** Makes an empty stack in the backend, without selecting it. */
export async function createStack(cli: PulumiCli, session: Session): Promise<void> {
  const create = async (cwd: string): Promise<void> => {
    const created = await cli.capture(["stack", "init", session.stack, "--no-select"], { cwd });
    // Another command on the same stack was quicker.
    if (created.code !== 0 && !STACK_EXISTS.test(created.stderr))
      throw engineError(`stack ${session.stack} can't be created`, created);
  };
  if (session.configFile === undefined) return create(session.root);
  // `stack init` writes a key for encrypted values to the file that goes by the stack's name, which isn't this one's.
  const folder = mkdtempSync(join(tmpdir(), "slipway-init-"));
  try {
    copyFileSync(join(session.root, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    await create(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
