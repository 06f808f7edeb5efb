import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Finding } from "../../providers/kernel/finding.ts";
import type { FindingsFile } from "../../survey/report.ts";
import { messageOf } from "../errors.ts";
import { plural } from "../terminal/quantity.ts";
import type { Style } from "../terminal/style.ts";

const SEVERITIES = ["error", "warning", "note"] as const;
const LABEL_WIDTH = "warning".length;

const findingsFileSchema = z.object({
  findings: z.array(
    z.custom<Finding>(
      (value) =>
        typeof value === "object" &&
        value !== null &&
        SEVERITIES.includes((value as Finding).severity) &&
        typeof (value as Finding).message === "string",
    ),
  ),
  offline: z.boolean(),
});

/** Names the file that the program's survey writes to (components/announce.ts). */
export const FINDINGS_FILE = "SLIPWAY_FINDINGS_FILE";

/** What the program's survey wrote; undefined when it ended before. Throws when the file holds something else. */
export function readFindings(file: string): FindingsFile | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return findingsFileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`the survey's report can't be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Worth a line of its own after a run: what somebody should act on. */
export const callsForAction = ({ findings, offline }: FindingsFile): boolean =>
  offline || findings.some((finding) => finding.severity !== "note");

/** A block of lines: a heading that counts, then each finding with its place and its remedy. Notes are left out. */
export function renderFindings(report: FindingsFile, style: Style): string[] {
  const shown = report.findings.filter((finding) => finding.severity !== "note");
  const count = (severity: Finding["severity"]): number =>
    report.findings.filter((finding) => finding.severity === severity).length;
  const counts = SEVERITIES.flatMap((severity) =>
    count(severity) === 0 ? [] : [plural(count(severity), severity)],
  );
  const offline = report.offline ? ["offline: some server could not be looked at, so more may be found"] : [];
  if (shown.length === 0 && offline.length === 0)
    return counts.length === 0 ? ["Findings: none"] : [`Findings: ${counts}`];
  return [
    style.strong(`Findings: ${[...counts, ...offline].join(", ")}`),
    ...shown.flatMap((finding) => renderFinding(finding, style)),
  ];
}

function renderFinding(finding: Finding, style: Style): string[] {
  const indent = " ".repeat(LABEL_WIDTH + 4);
  const paint = finding.severity === "error" ? style.error : style.warning;
  return [
    `  ${paint(finding.severity.padEnd(LABEL_WIDTH))}  ${finding.resource}: ${finding.message} ${style.dim(`[${finding.code}]`)}`,
    ...(finding.path === undefined ? [] : [`${indent}at: ${finding.path}`]),
    `${indent}to do: ${finding.remedy}`,
  ];
}
