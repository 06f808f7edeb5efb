import { hasErrors } from "../../providers/kernel/finding.ts";
import { usageError } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { callsForAction, renderFindings } from "../plan/findings.ts";
import { startGround } from "../project/ground.ts";
import { openSession, type Session, type StackOptions } from "../project/session.ts";
import { openPulumi } from "../pulumi/cli.ts";
import { describeChanges } from "../pulumi/event-log.ts";
import {
  checkpointEnvironment,
  consentArguments,
  type OperationOptions,
  type OperationOutcome,
  runOperation,
  stackArguments,
} from "../pulumi/operation.ts";
import { clearPendingOperations, clearStaleLocks } from "../pulumi/prepare.ts";
import { createStack, exportState } from "../pulumi/stack-state.ts";
import { formatDuration } from "../terminal/quantity.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface UpOptions extends StackOptions, OperationOptions {
  readonly refresh?: boolean;
  readonly skipPreview?: boolean;
}

/** Brings the stack to what its config says: tools, ground, stack, stale lock, `pulumi up`. */
export async function up(options: UpOptions, terminal: Terminal): Promise<ExitCode> {
  const session = openSession(options);
  requireConsent("up", session, terminal, options);
  const cli = await openPulumi(session, terminal);
  if (session.embedded) await startGround(session);
  const checkpoint = await exportState(cli, session);
  if (checkpoint === undefined) {
    await createStack(cli, session);
    terminal.note(`Created stack ${session.stack}.`);
  } else {
    await clearStaleLocks(cli, session, terminal);
    await clearPendingOperations(cli, session, terminal, checkpoint);
  }
  const outcome = await runOperation(
    cli,
    [
      "up",
      ...stackArguments(session),
      ...consentArguments(session, terminal, options),
      ...(options.skipPreview && !session.embedded ? ["--skip-preview"] : []),
      ...(options.refresh ? ["--refresh"] : []),
      ...(options.extra ?? []),
    ],
    {
      env: checkpointEnvironment(session, cli, checkpoint, options),
      takeFindings: session.embedded || options.yes === true,
    },
  );
  return conclude("up", session, terminal, outcome, `npx slipway status${stackFlag(session)}`);
}

/** Without a terminal nobody can answer: says so before anything is done. */
export function requireConsent(
  command: string,
  session: Session,
  terminal: Terminal,
  options: OperationOptions,
): void {
  if (session.embedded || options.yes || terminal.interactive) return;
  throw usageError(
    `slipway ${command} asks before it changes stack ${session.stack}, and there is no terminal to ask on`,
    `add --yes; to see first what would happen: npx slipway preview${stackFlag(session)}`,
  );
}

/** As it must be typed again for the same stack. */
export const stackFlag = (session: Session): string =>
  [
    ...(session.stack === "dev" ? [] : [` -s ${session.stack}`]),
    ...(session.configFile === undefined ? [] : [` --config-file ${session.configFile}`]),
  ].join("");

/** An up that its own survey stopped had not begun. */
const aftermath = ({ survey }: OperationOutcome): string =>
  hasErrors(survey?.findings ?? []) ? "nothing was changed" : "what was done is recorded";

/** The last line: what was done, how long it took, what to type next. */
export function conclude(
  command: string,
  session: Session,
  terminal: Terminal,
  outcome: OperationOutcome,
  next: string,
): ExitCode {
  const { style } = terminal;
  const duration = formatDuration(outcome.milliseconds);
  if (outcome.survey !== undefined && callsForAction(outcome.survey)) {
    for (const line of renderFindings(outcome.survey, style)) terminal.out(line);
  }
  const changes = outcome.changes === undefined ? "" : `${describeChanges(outcome.changes)} `;
  if (outcome.interrupted) {
    terminal.out(
      `${style.warning(`${command} ${session.stack}: interrupted`)} after ${duration}; what was done is recorded. ` +
        `To go on: npx slipway ${command}${stackFlag(session)}`,
    );
    return EXIT.interrupted;
  }
  if (outcome.code !== 0) {
    terminal.out(
      `${style.error(`${command} ${session.stack}: failed`)} after ${duration}; ${aftermath(outcome)}. ` +
        `When the cause above is mended: npx slipway ${command}${stackFlag(session)}`,
    );
    return EXIT.failed;
  }
  terminal.out(`${style.good(`${command} ${session.stack}:`)} ${changes}in ${duration}. Next: ${next}`);
  return EXIT.ok;
}
