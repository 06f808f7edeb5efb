import type { Attempt } from "./look.ts";

/** A tool that can't be had: every source that was tried with the reason, then what mends it. */
export class ToolUnavailable extends Error {
  readonly tool: string;
  readonly attempts: readonly Attempt[];
  readonly remedy: string;

  constructor(tool: string, wanted: string, attempts: readonly Attempt[], remedy: string) {
    const tried = attempts.map(({ source, reason }) => `  ${source}: ${reason}`);
    super(
      [`${tool} ${wanted} is needed and could not be provided:`, ...tried, `  to do: ${remedy}`].join("\n"),
    );
    this.name = "ToolUnavailable";
    this.tool = tool;
    this.attempts = attempts;
    this.remedy = remedy;
    this.stack = this.message;
  }
}
