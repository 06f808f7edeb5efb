import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PlanReport } from "../contracts.ts";
import { CommandError } from "../errors.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { FINDINGS_FILE, readFindings, renderFindings } from "../plan/findings.ts";
import { planReport, previewDigestSchema, resultOf } from "../plan/from-preview.ts";
import { startGround } from "../project/ground.ts";
import { openSession, type Session, type StackOptions } from "../project/session.ts";
import { openPulumi, type PulumiCli } from "../pulumi/cli.ts";
import { displayArguments, stackArguments } from "../pulumi/operation.ts";
import { createStack, exportState, requireBackend } from "../pulumi/stack-state.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { stackFlag } from "./up.ts";

export interface PreviewOptions extends StackOptions {
  readonly json?: boolean;
  readonly refresh?: boolean;
  readonly failOn?: "warning";
  readonly parallel?: number;
  readonly extra?: readonly string[];
}

/** Shows what an up would do and what the survey has found; changes nothing on any server. */
export async function preview(options: PreviewOptions, terminal: Terminal): Promise<ExitCode> {
  const session = openSession(options);
  const cli = await openPulumi(session, terminal);
  requireBackend(cli, session);
  if (session.embedded) await startGround(session);
  if ((await exportState(cli, session)) === undefined) {
    if (!session.embedded) throw noStack(session);
    await createStack(cli, session);
  }
  const folder = mkdtempSync(join(tmpdir(), "slipway-preview-"));
  try {
    const file = join(folder, "findings.json");
    return options.json
      ? await previewAsJson(session, cli, terminal, options, file)
      : await previewOnTerminal(session, cli, terminal, options, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** On somebody else's backend not even an empty stack is made unasked. */
const noStack = (session: Session): CommandError =>
  new CommandError(`there is no stack ${session.stack} yet`, {
    remedy: `eval "$(npx slipway env${stackFlag(session)})"; pulumi stack init ${session.stack}; it is empty then, and can be previewed`,
  });

const previewArguments = (session: Session, options: PreviewOptions): string[] => [
  "preview",
  ...stackArguments(session),
  ...(options.refresh ? ["--refresh"] : []),
  ...(options.parallel === undefined ? [] : ["--parallel", String(options.parallel)]),
];

async function previewAsJson(
  session: Session,
  cli: PulumiCli,
  terminal: Terminal,
  options: PreviewOptions,
  file: string,
): Promise<ExitCode> {
  const args = [
    ...previewArguments(session, options),
    "--json",
    "--non-interactive",
    ...(options.extra ?? []),
  ];
  const { code, stdout, stderr, interrupted } = await cli.capture(args, { env: { [FINDINGS_FILE]: file } });
  const report = planReport({
    stack: session.stack,
    digest: parseDigest(stdout),
    survey: readFindings(file),
    succeeded: code === 0,
    stderr,
  });
  terminal.out(JSON.stringify(report, null, 2));
  return interrupted ? EXIT.interrupted : exitCodeOf(report.result, options);
}

async function previewOnTerminal(
  session: Session,
  cli: PulumiCli,
  terminal: Terminal,
  options: PreviewOptions,
  file: string,
): Promise<ExitCode> {
  const args = [
    ...previewArguments(session, options),
    ...displayArguments(terminal),
    ...(options.extra ?? []),
  ];
  const { code, interrupted } = await cli.show(args, { env: { [FINDINGS_FILE]: file } });
  if (interrupted) return EXIT.interrupted;
  const survey = readFindings(file);
  if (survey !== undefined) for (const line of renderFindings(survey, terminal.style)) terminal.out(line);
  return exitCodeOf(resultOf(survey?.findings ?? [], code === 0), options);
}

/** Warnings are fine unless the caller says otherwise. */
export function exitCodeOf(result: PlanReport["result"], options: Pick<PreviewOptions, "failOn">): ExitCode {
  if (result === "errors" || result === "failed") return EXIT.failed;
  return result === "warnings" && options.failOn === "warning" ? EXIT.usage : EXIT.ok;
}

/** Undefined when the engine ended before it had a plan. */
function parseDigest(stdout: string) {
  if (stdout.trim() === "") return undefined;
  return previewDigestSchema.parse(JSON.parse(stdout));
}
