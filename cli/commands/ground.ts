import { existsSync } from "node:fs";
import type { GroundReport } from "../contracts.ts";
import { CommandError, usageError } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { stateDirOf } from "../project/environment.ts";
import { inspectGround, startGround, stopGround, wipeGround } from "../project/ground.ts";
import { openSession, type Session, type StackOptions } from "../project/session.ts";
import { formatBytes } from "../terminal/quantity.ts";
import type { Style } from "../terminal/style.ts";
import { formatTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { stackFlag } from "./up.ts";

export interface GroundOptions extends StackOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export async function groundUpCommand(options: GroundOptions, terminal: Terminal): Promise<ExitCode> {
  const session = embeddedSession(options);
  await startGround(session);
  return report(session, options, terminal);
}

export async function groundDownCommand(options: GroundOptions, terminal: Terminal): Promise<ExitCode> {
  const session = embeddedSession(options);
  await stopGround(session);
  if (options.json) terminal.out(JSON.stringify(await inspectGround(session), null, 2));
  else terminal.out("The ground is down; its data stays for the next slipway up.");
  return EXIT.ok;
}

export async function groundStatusCommand(options: GroundOptions, terminal: Terminal): Promise<ExitCode> {
  return report(embeddedSession(options), options, terminal);
}

export async function groundResetCommand(options: GroundOptions, terminal: Terminal): Promise<ExitCode> {
  const session = embeddedSession(options);
  if (!options.yes) {
    if (!terminal.interactive)
      throw usageError("slipway ground reset deletes data, and there is no terminal to ask on", "add --yes");
    if (!(await terminal.confirm(`Stop the ground and delete all its data in ${session.groundDir}?`))) {
      throw new CommandError("nothing was deleted");
    }
  }
  await wipeGround(session);
  const stateRemains = existsSync(stateDirOf(session.slipwayDir));
  const flag = stackFlag(session);
  if (options.json) terminal.out(JSON.stringify(await inspectGround(session), null, 2));
  else {
    terminal.out(
      stateRemains
        ? `The ground is down and empty. To make its resources again: npx slipway refresh${flag} && npx slipway up${flag}`
        : "The ground is down and empty.",
    );
  }
  return EXIT.ok;
}

function embeddedSession(options: GroundOptions): Session {
  const session = openSession(options);
  if (session.embedded) return session;
  throw usageError(
    `stack ${session.stack} names its own servers, which Slipway never starts or stops`,
    `choose a stack that has "slipway:ground: embedded" (this is ${session.file.path})`,
  );
}

async function report(session: Session, options: GroundOptions, terminal: Terminal): Promise<ExitCode> {
  const ground = await inspectGround(session);
  if (options.json) terminal.out(JSON.stringify(ground, null, 2));
  else for (const line of renderGround(ground, terminal.style)) terminal.out(line);
  return ground.parts.every((part) => part.healthy) ? EXIT.ok : EXIT.failed;
}

export function renderGround(ground: GroundReport, style: Style): string[] {
  if (!ground.embedded) return [];
  const rows = ground.parts.map((part) => [
    part.name,
    part.healthy ? style.good("healthy") : part.running ? style.error("unhealthy") : style.error("down"),
    part.url ?? "",
    part.pid === null ? "" : String(part.pid),
    part.dataBytes === null ? "" : formatBytes(part.dataBytes),
    part.log ?? "",
  ]);
  const columns = [
    { title: "GROUND" },
    { title: "HEALTH" },
    { title: "URL" },
    { title: "PID", align: "right" },
    { title: "DATA", align: "right" },
    { title: "LOG" },
  ] as const;
  return formatTable(columns, rows);
}
