import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FindingsFile } from "../../survey/report.ts";
import { maySkipCheckpoints } from "../checkpoints.ts";
import { FINDINGS_FILE, readFindings } from "../plan/findings.ts";
import type { Session } from "../project/session.ts";
import { connectionChanged } from "../state/connection.ts";
import { type Checkpoint, resourcesOf } from "../state/deployment.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CallOptions, PulumiCli } from "./cli.ts";
import { type ChangeCounts, readEventLog } from "./event-log.ts";

export interface OperationOptions {
  readonly yes?: boolean;
  readonly parallel?: number;
  readonly checkpoints?: boolean;
  /** Passed on as they are. */
  readonly extra?: readonly string[];
}

/** The arguments that say which stack and how to talk; for commands that change something, whether to ask. */
export const stackArguments = (session: Session): string[] => [
  "--stack",
  session.stack,
  ...(session.configFile === undefined ? [] : ["--config-file", session.configFile]),
];

/** The stack's outputs are left out: they are for other programs, and `slipway status` says more to a person. */
export const displayArguments = (terminal: Terminal): string[] => [
  "--suppress-outputs",
  ...(terminal.interactive ? [] : ["--non-interactive", "--suppress-progress"]),
];

/**
 * An embedded stack lives on the user's own machine and never asks; its survey has looked at everything before the
 * first resource, so a preview of its own would only repeat it. Others ask, or are told not to.
 */
export const consentArguments = (
  session: Session,
  terminal: Terminal,
  options: OperationOptions,
): string[] => [
  ...(session.embedded || options.yes ? ["--yes"] : []),
  ...(session.embedded ? ["--skip-preview"] : []),
  ...displayArguments(terminal),
  ...(options.parallel === undefined ? [] : ["--parallel", String(options.parallel)]),
];

export const checkpointEnvironment = (
  session: Session,
  cli: PulumiCli,
  checkpoint: Checkpoint | undefined,
  options: OperationOptions,
): Record<string, string> => {
  const skip = maySkipCheckpoints({
    wanted: options.checkpoints ?? false,
    fileBackend: cli.backend?.directory !== undefined,
    types: checkpoint === undefined ? [] : resourcesOf(checkpoint).map((resource) => resource.type),
    config: session.file.config,
  });
  return skip ? { PULUMI_SKIP_CHECKPOINTS: "true" } : {};
};

export interface OperationOutcome {
  readonly code: number;
  readonly interrupted: boolean;
  /** Undefined when no survey was made, or not to its end. */
  readonly survey: FindingsFile | undefined;
  /** Undefined when the engine gave no summary. */
  readonly changes: ChangeCounts | undefined;
  readonly milliseconds: number;
}

interface OperationCall extends CallOptions {
  /**
   * Takes the survey's findings from the program, to be shown after the run. Not where the CLI asks: whoever answers
   * must have read them. Default: the program logs them.
   */
  readonly takeFindings?: boolean;
}

/** Runs `pulumi up`, `refresh` or `destroy` with its own display, and learns from its event log what it did. */
export async function runOperation(
  cli: PulumiCli,
  args: readonly string[],
  options: OperationCall = {},
): Promise<OperationOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-events-"));
  const log = join(folder, "events.json");
  const findings = join(folder, "findings.json");
  const begun = performance.now();
  try {
    const ended = await cli.show([...args, "--event-log", log], {
      ...options,
      // The event log is one of the CLI's flags for programs, which it knows only with this variable.
      env: {
        ...options.env,
        PULUMI_DEBUG_COMMANDS: "true",
        ...(options.takeFindings ? { [FINDINGS_FILE]: findings } : {}),
      },
    });
    const milliseconds = performance.now() - begun;
    return { ...ended, survey: readFindings(findings), changes: readEventLog(log), milliseconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs `refresh` or `destroy`. They take the connection of the last `up` from the state; where the config names another
 * one now, the program runs too and brings it along, without its survey, since nothing is declared anew.
 */
export const runOnState = (
  command: "refresh" | "destroy",
  cli: PulumiCli,
  session: Session,
  checkpoint: Checkpoint,
  options: OperationOptions,
  terminal: Terminal,
): Promise<OperationOutcome> => {
  const programToo = connectionChanged(session.file.config, checkpoint);
  return runOperation(
    cli,
    [
      command,
      ...(programToo ? ["--run-program"] : []),
      ...stackArguments(session),
      ...consentArguments(session, terminal, options),
      ...(options.extra ?? []),
    ],
    {
      env: {
        ...checkpointEnvironment(session, cli, checkpoint, options),
        ...(programToo ? { SLIPWAY_SKIP_SURVEY: "1" } : {}),
      },
    },
  );
};
