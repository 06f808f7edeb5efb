import type { StatusReport } from "../contracts.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inspectGround } from "../project/ground.ts";
import { openSession, ownerPrefix, type StackOptions } from "../project/session.ts";
import { openPulumi } from "../pulumi/cli.ts";
import { readConfig } from "../pulumi/stack-config.ts";
import { exportState } from "../pulumi/stack-state.ts";
import { resourcesOf } from "../state/deployment.ts";
import { lookAt } from "../status/look.ts";
import { renderStatus } from "../status/render.ts";
import { orphansOf, statusRows } from "../status/rows.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { renderGround } from "./ground.ts";

export interface StatusOptions extends StackOptions {
  readonly json?: boolean;
}

/** Every resource of the stack with its health, and what else carries the stack's mark. Reads only. */
export async function status(options: StatusOptions, terminal: Terminal): Promise<ExitCode> {
  const session = openSession(options);
  const cli = await openPulumi(session, terminal);
  const [ground, checkpoint] = await Promise.all([inspectGround(session), exportState(cli, session)]);
  const resources = checkpoint === undefined ? [] : resourcesOf(checkpoint);
  const stackOwner = ownerPrefix(session);
  const look = await lookAt(resources, await readConfig(cli, session), {
    surroundings: { env: cli.env, cwd: session.root },
    stackOwner,
  });
  const rows = statusRows(resources, look);
  const groundHealthy = ground.parts.every((part) => part.healthy);
  const report: StatusReport = {
    stack: session.stack,
    ground,
    resources: rows,
    orphans: "why" in look ? [] : orphansOf(resources, look, stackOwner),
    healthy: rows.every((row) => row.healthy) && (groundHealthy || rows.length === 0),
  };
  if (options.json) terminal.out(JSON.stringify(report, null, 2));
  else {
    for (const line of renderGround(ground, terminal.style)) terminal.out(line);
    if (ground.embedded) terminal.out("");
    for (const line of renderStatus(report, terminal.style)) terminal.out(line);
  }
  return report.healthy ? EXIT.ok : EXIT.failed;
}
