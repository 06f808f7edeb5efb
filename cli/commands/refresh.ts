import { CommandError } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { startGround } from "../project/ground.ts";
import { openSession, type StackOptions } from "../project/session.ts";
import { openPulumi } from "../pulumi/cli.ts";
import { type OperationOptions, runOnState } from "../pulumi/operation.ts";
import { clearPendingOperations, clearStaleLocks } from "../pulumi/prepare.ts";
import { exportState } from "../pulumi/stack-state.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { conclude, requireConsent, stackFlag } from "./up.ts";

/** Takes what the servers say into the stack's state, so that the next preview shows what drifted. */
export async function refresh(
  options: StackOptions & OperationOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const session = openSession(options);
  requireConsent("refresh", session, terminal, options);
  const cli = await openPulumi(session, terminal);
  const checkpoint = await exportState(cli, session);
  if (checkpoint === undefined) {
    throw new CommandError(`there is no stack ${session.stack} yet`, {
      remedy: `npx slipway up${stackFlag(session)}`,
    });
  }
  if (session.embedded) await startGround(session);
  await clearStaleLocks(cli, session, terminal);
  await clearPendingOperations(cli, session, terminal, checkpoint);
  const outcome = await runOnState("refresh", cli, session, checkpoint, options, terminal);
  return conclude("refresh", session, terminal, outcome, `npx slipway preview${stackFlag(session)}`);
}
