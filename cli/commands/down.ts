import { EXIT, type ExitCode } from "../exit-codes.ts";
import { startGround, stopGround } from "../project/ground.ts";
import { openSession, type Session, type StackOptions } from "../project/session.ts";
import { openPulumi, type PulumiCli } from "../pulumi/cli.ts";
import {
  checkpointEnvironment,
  consentArguments,
  type OperationOptions,
  runOperation,
  stackArguments,
} from "../pulumi/operation.ts";
import { clearPendingOperations, clearStaleLocks } from "../pulumi/prepare.ts";
import { exportState } from "../pulumi/stack-state.ts";
import { type Checkpoint, resourcesOf } from "../state/deployment.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { conclude, requireConsent, stackFlag } from "./up.ts";

export interface DownOptions extends StackOptions, OperationOptions {
  readonly keepGround?: boolean;
}

/** Destroys every resource of the stack; the ground of an embedded stack is stopped when that has worked. */
export async function down(options: DownOptions, terminal: Terminal): Promise<ExitCode> {
  const session = openSession(options);
  requireConsent("down", session, terminal, options);
  const cli = await openPulumi(session, terminal);
  const checkpoint = await exportState(cli, session);
  if (checkpoint !== undefined) {
    await clearStaleLocks(cli, session, terminal);
    await clearPendingOperations(cli, session, terminal, checkpoint);
  }
  const code =
    checkpoint === undefined || resourcesOf(checkpoint).length === 0
      ? nothingToDestroy(session, terminal)
      : await destroy(session, cli, checkpoint, options, terminal);
  if (code !== EXIT.ok || !session.embedded || options.keepGround) return code;
  await stopGround(session);
  terminal.out("The ground is down.");
  return EXIT.ok;
}

function nothingToDestroy(session: Session, terminal: Terminal): ExitCode {
  terminal.out(`Stack ${session.stack} has no resources.`);
  return EXIT.ok;
}

async function destroy(
  session: Session,
  cli: PulumiCli,
  checkpoint: Checkpoint,
  options: DownOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  // What is to be deleted is asked for by its server.
  if (session.embedded) await startGround(session);
  const outcome = await runOperation(
    cli,
    [
      "destroy",
      ...stackArguments(session),
      ...consentArguments(session, terminal, options),
      ...(options.extra ?? []),
    ],
    { env: checkpointEnvironment(session, cli, checkpoint, options) },
  );
  const code = conclude(
    "down",
    session,
    terminal,
    outcome,
    `npx slipway up${stackFlag(session)} makes it anew`,
  );
  if (code === EXIT.failed) {
    terminal.note(
      "What is protected or refuses to be deleted is named above, with what permits it; the rest is gone" +
        `${session.embedded ? ", and the ground keeps running" : ""}.`,
    );
  }
  return code;
}
