/**
 * What a kind's pure forecast found out about a change before anything was touched.
 * An `error` stops preview and up; a `warning` is printed; a `note` is there for whoever asks (`--json`).
 */
export interface Finding {
  readonly severity: "error" | "warning" | "note";
  /** Stable, kebab-case, dotted by topic: `data-loss.max-bytes`, `budget.exceeded`, `subjects.overlap`. */
  readonly code: string;
  /** Kind and name as a person says them: `Stream RESULTS`. */
  readonly resource: string;
  /** Where the declaration stands in the stack config: `slipway:nats.streams.RESULTS.maxBytes`. */
  readonly path?: string;
  /** One line: what would happen, with its numbers. */
  readonly message: string;
  /** The numbers again, for programs: messages and bytes at risk, limits, shortfalls. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  /** One line: what to do about it. */
  readonly remedy: string;
}

export const hasErrors = (findings: readonly Finding[]): boolean =>
  findings.some((finding) => finding.severity === "error");
