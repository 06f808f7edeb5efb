import { writeFileSync } from "node:fs";
import type { Finding } from "../providers/kernel/finding.ts";

const RANK = { error: 0, warning: 1, note: 2 } as const;

/** Errors first, then bytewise by resource and code, so that two runs print the same. */
export const sortFindings = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity] || compare(keyOf(a), keyOf(b)));

const keyOf = (finding: Finding): string =>
  `${finding.resource}\u0000${finding.code}\u0000${finding.path ?? ""}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Two or three lines: what, where, what to do. */
export function describeFinding(finding: Finding): string {
  const where = finding.path === undefined ? "" : `\n  at: ${finding.path}`;
  return `${finding.resource}: ${finding.message} [${finding.code}]${where}\n  to do: ${finding.remedy}`;
}

/** What a survey hands to whoever ran the program (`SLIPWAY_FINDINGS_FILE`), beside the engine's own log. */
export interface FindingsFile {
  readonly findings: readonly Finding[];
  /** True when some ground could not be looked at. */
  readonly offline: boolean;
}

export function writeFindings(file: string, report: FindingsFile): void {
  writeFileSync(file, `${JSON.stringify(report)}\n`);
}
