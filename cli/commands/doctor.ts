import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheHome } from "../../ground/portable/cache.mjs";
import { inspectTools } from "../../ground/toolchain/toolchain.ts";
import type { Check, DoctorReport } from "../contracts.ts";
import {
  backendCheck,
  dependenciesCheck,
  groundChecks,
  sdkCheck,
  toolCheck,
  type Versions,
} from "../doctor/checks.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { stackEnvironment } from "../project/environment.ts";
import { inspectGround } from "../project/ground.ts";
import { openSession, type Session, type StackOptions } from "../project/session.ts";
import { backendOf } from "../pulumi/cli.ts";
import { isUsersOwn, toolsOfStack } from "../pulumi/toolbox.ts";
import type { Style } from "../terminal/style.ts";
import { formatTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface DoctorOptions extends StackOptions {
  readonly json?: boolean;
}

const SDK = "node_modules/@pulumi/pulumi";

/** Looks at everything that the stack needs on this machine; fetches and starts nothing. */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<ExitCode> {
  const session = openSession(options);
  const checks = await examine(session);
  const ok = checks.every((check) => check.status !== "missing");
  const report: DoctorReport = { stack: session.stack, ok, checks };
  if (options.json) terminal.out(JSON.stringify(report, null, 2));
  else for (const line of renderDoctor(report, terminal.style)) terminal.out(line);
  return ok ? EXIT.ok : EXIT.failed;
}

async function examine(session: Session): Promise<Check[]> {
  const tools = await inspectTools(toolsOfStack(session.embedded));
  const pulumi = tools.find(({ tool }) => tool === "pulumi");
  const locked = versionsIn(join(session.root, "package-lock.json")) ?? {};
  const installed = versionsIn(join(session.root, "node_modules", ".package-lock.json"));
  const overlay = stackEnvironment(process.env, session, {
    binDirs: [],
    pulumiIsUsersOwn: pulumi?.source !== undefined && isUsersOwn(pulumi.source),
    ownLanguageHost: false,
    cacheDir: cacheHome(process.env),
  });
  return [
    ...tools.map(toolCheck),
    dependenciesCheck(locked, installed),
    sdkCheck(installed?.[SDK], locked[SDK] ?? "", pulumi?.version),
    ...groundChecks(await inspectGround(session)),
    backendCheck(backendOf(session, { ...process.env, ...overlay }), session.embedded, existsSync),
  ];
}

/** Versions by path in a lock file of npm, without what is only for other platforms. Undefined when there is no file. */
function versionsIn(file: string): Versions | undefined {
  if (!existsSync(file)) return undefined;
  const { packages } = JSON.parse(readFileSync(file, "utf8")) as {
    packages: Record<string, { version?: string; optional?: boolean; link?: boolean }>;
  };
  return Object.fromEntries(
    Object.entries(packages).flatMap(([path, { version, optional, link }]) =>
      path === "" || version === undefined || optional || link ? [] : [[path, version]],
    ),
  );
}

export function renderDoctor(report: DoctorReport, style: Style): string[] {
  const paint = { ok: style.good, warning: style.warning, missing: style.error };
  const rows = report.checks.map((check) => [
    paint[check.status](check.status),
    check.name,
    check.found,
    check.wanted,
    check.remedy ?? "",
  ]);
  const columns = ["STATE", "WHAT", "FOUND", "WANTED", "TO DO"].map((title) => ({ title }));
  const missing = report.checks.filter((check) => check.status === "missing").length;
  const summary =
    missing === 0
      ? style.good(`Stack ${report.stack} has everything that it needs.`)
      : style.error(`Stack ${report.stack}: ${missing} missing.`);
  return [...formatTable(columns, rows), "", summary];
}
