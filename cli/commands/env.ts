import { delimiter } from "node:path";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { exportLine } from "../project/environment.ts";
import { inspectGround } from "../project/ground.ts";
import { openSession, type StackOptions } from "../project/session.ts";
import { openPulumi } from "../pulumi/cli.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Prints what a POSIX shell must evaluate for plain `pulumi` to work on the stack as Slipway does. */
export async function env(options: StackOptions, terminal: Terminal): Promise<ExitCode> {
  const session = openSession(options);
  const cli = await openPulumi(session, terminal);
  const variables: Record<string, string> = { ...cli.overlay, PULUMI_STACK: session.stack };
  const onPath = new Set((process.env.PATH ?? "").split(delimiter));
  const folders = cli.binDirs.filter((folder) => !onPath.has(folder));
  if (folders.length > 0) terminal.out(`${exportLine("PATH", folders.join(delimiter))}"${delimiter}$PATH"`);
  // Folders are put before whatever PATH holds when the lines are evaluated.
  delete variables.PATH;
  for (const [name, value] of Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1))) {
    terminal.out(exportLine(name, value));
  }
  if (session.configFile !== undefined) {
    terminal.note(`pulumi takes the config file by a flag: --config-file ${session.configFile}`);
  }
  const ground = await inspectGround(session);
  if (!ground.parts.every((part) => part.healthy))
    terminal.note("The ground is not up: npx slipway ground up");
  return EXIT.ok;
}
