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
  // Whatever this process has, the bootstrap may have set: the shell that evaluates the lines has none of it.
  if (cli.env.NODE_COMPILE_CACHE) variables.NODE_COMPILE_CACHE = cli.env.NODE_COMPILE_CACHE;
  // Folders are put before whatever PATH holds when the lines are evaluated.
  delete variables.PATH;
  const folders = [...new Set(cli.binDirs)].join(delimiter);
  terminal.out(`${exportLine("PATH", folders)}"${delimiter}$PATH"`);
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
