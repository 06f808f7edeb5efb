import { EXIT, type ExitCode } from "./exit-codes.ts";

/** Ends the command with a message for its user, without a stack. */
export class CommandError extends Error {
  /** One line: what to type or change. */
  readonly remedy: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, options: { remedy?: string; exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CommandError";
    this.remedy = options.remedy;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

export const usageError = (message: string, remedy?: string): CommandError =>
  new CommandError(message, { exitCode: EXIT.usage, ...(remedy === undefined ? {} : { remedy }) });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
