import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inspectGround, startGround, stopGround } from "../project/ground.ts";
import { openSession, ownerPrefix, type Session, type StackOptions } from "../project/session.ts";
import { openPulumi, type PulumiCli } from "../pulumi/cli.ts";
import { type OperationOptions, runOnState } from "../pulumi/operation.ts";
import { clearPendingOperations, clearStaleLocks } from "../pulumi/prepare.ts";
import { readConfig } from "../pulumi/stack-config.ts";
import { exportState } from "../pulumi/stack-state.ts";
import { type Checkpoint, resourcesOf, type StateResource } from "../state/deployment.ts";
import { lookAt } from "../status/look.ts";
import { removeOrphans } from "../status/orphans.ts";
import { orphansOf, slipwayResources } from "../status/rows.ts";
import { plural } from "../terminal/quantity.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { conclude, requireConsent, stackFlag } from "./up.ts";

export interface DownOptions extends StackOptions, OperationOptions {
  readonly keepGround?: boolean;
}

const EMPTY: Checkpoint = { version: 3, deployment: {} };

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
  if (checkpoint !== undefined && resourcesOf(checkpoint).length > 0) {
    const code = await destroy(session, cli, checkpoint, options, terminal);
    if (code !== EXIT.ok) return code;
  } else {
    terminal.out(`Stack ${session.stack} has no resources in its state.`);
  }
  // `-- --target` and the like destroy only a part; what is left needs its ground.
  const left = slipwayResources(resourcesOf((await exportState(cli, session)) ?? EMPTY));
  const clean = await settleOrphans(session, cli, left, terminal);
  if (!clean) return EXIT.failed;
  if (left.length > 0) {
    terminal.out(`Stack ${session.stack} keeps ${plural(left.length, "resource")}, and its ground.`);
    return EXIT.ok;
  }
  if (session.embedded && !options.keepGround) {
    await stopGround(session);
    terminal.out("The ground is down.");
  }
  return EXIT.ok;
}

/**
 * What a killed run made and never recorded is not destroyed by the engine. On the embedded ground it is deleted here;
 * on anybody else's servers it is only named. True when nothing is left.
 */
async function settleOrphans(
  session: Session,
  cli: PulumiCli,
  left: readonly StateResource[],
  terminal: Terminal,
): Promise<boolean> {
  const ground = await inspectGround(session);
  if (session.embedded && !ground.parts.some((part) => part.healthy)) return true;
  const surroundings = { env: cli.env, cwd: session.root };
  const config = await readConfig(cli, session);
  const stackOwner = ownerPrefix(session);
  const look = await lookAt(left, config, { surroundings, stackOwner });
  // Whatever is wrong with the server, the engine has had its say about it.
  if ("why" in look) return true;
  const orphans = orphansOf(left, look, stackOwner);
  if (orphans.length === 0) return true;
  if (!session.embedded) {
    terminal.note(
      `Left by an interrupted run, and not in the state: ${orphans.map(({ id }) => id).join(", ")}. ` +
        `To have them destroyed: npx slipway up${stackFlag(session)}, which takes them up, then slipway down`,
    );
    return false;
  }
  const removals = await removeOrphans(orphans, config, surroundings, terminal.note);
  const refused = removals.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
  const removed = removals.length - refused.length;
  if (removed > 0) terminal.note(`Deleted ${plural(removed, "resource")} that an interrupted run had left.`);
  for (const refusal of refused) terminal.note(refusal);
  return refused.length === 0;
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
  const outcome = await runOnState("destroy", cli, session, checkpoint, options, terminal);
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
