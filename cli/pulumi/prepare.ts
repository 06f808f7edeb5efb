import { rmSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { judgeLock } from "../backend/lock.ts";
import { readLocks } from "../backend/locks.ts";
import { processStartedAt } from "../backend/process-start.ts";
import { CommandError } from "../errors.ts";
import type { Session } from "../project/session.ts";
import { shortName } from "../project/stack-file.ts";
import type { Checkpoint } from "../state/deployment.ts";
import { settlePending } from "../state/pending.ts";
import { plural } from "../terminal/quantity.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { PulumiCli } from "./cli.ts";
import { exportState, importState } from "./stack-state.ts";

/**
 * Removes the locks that a killed run left in a file backend, with a line of explanation. Throws CommandError while
 * somebody works on the stack, and where that can't be known.
 */
export async function clearStaleLocks(cli: PulumiCli, session: Session, terminal: Terminal): Promise<void> {
  const directory = cli.backend?.directory;
  if (directory === undefined) return;
  const facts = { hostname: hostname(), username: username(), startedAt: processStartedAt };
  const locks = readLocks(directory, session.project, shortName(session.stack));
  const verdicts = locks.map((lock) => judgeLock(lock, facts));
  for (const verdict of verdicts) {
    if (verdict.state === "held") {
      throw new CommandError(`stack ${session.stack} is locked: ${verdict.why}`, {
        remedy: "wait until it ends, or end it with Ctrl-C in its own terminal, then try again",
      });
    }
    if (verdict.state === "elsewhere") {
      throw new CommandError(`stack ${session.stack} is locked: ${verdict.why}`, {
        remedy: `make sure that nothing of it runs there any more, then: pulumi cancel --yes --stack ${session.stack}`,
      });
    }
  }
  for (const [index, { file }] of locks.entries()) {
    // Not by `pulumi cancel`, which removes every lock: also the new one of a command that was quicker than this.
    rmSync(file, { force: true });
    terminal.note(`Stack ${session.stack} had a stale lock, ${verdicts[index]?.why}; removed it.`);
  }
}

/** As the Pulumi CLI tells it, also in containers that run under a user id without a name. */
function username(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? "";
  }
}

/** Clears what a killed run left open, where the kinds heal from it, so that later runs don't warn of it for ever. */
export async function clearPendingOperations(
  cli: PulumiCli,
  session: Session,
  terminal: Terminal,
  checkpoint: Checkpoint,
): Promise<void> {
  if ((checkpoint.deployment.pending_operations ?? []).length === 0) return;
  // What looks open may be the middle of a run that ended while we looked, and writing that back would undo its end.
  // Without a lock before and after this second look, nobody was at work in it.
  const latest = (await exportState(cli, session)) ?? checkpoint;
  await clearStaleLocks(cli, session, terminal);
  const { checkpoint: settled, cleared, left } = settlePending(latest);
  if (cleared.length > 0) {
    await importState(cli, session, settled);
    terminal.note(
      `An interrupted run left ${plural(cleared.length, "operation")} open; cleared them: ` +
        "Slipway's creates recognise what such a run made, and go on from there.",
    );
  }
  if (left.length > 0) {
    terminal.note(
      `An interrupted run left ${plural(left.length, "operation")} open that only you can judge ` +
        `(${left.map((operation) => operation.resource.urn).join(", ")}): pulumi refresh --stack ${session.stack}`,
    );
  }
}
