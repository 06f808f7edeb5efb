import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../providers/kernel/finding.ts";
import { describeFinding, sortFindings, writeFindings } from "../survey/report.ts";

/** Names the file that the findings are written to, for a program that runs Pulumi. */
const FINDINGS_FILE = "SLIPWAY_FINDINGS_FILE";

/**
 * Logs the findings to the engine, or leaves them to whoever asked for the file. Errors fail the run: a preview still
 * goes on, so that it shows the whole plan beside them; an up stops here, before the first resource is registered.
 */
export function announce(outlook: {
  readonly findings: readonly Finding[];
  readonly offline: boolean;
}): void {
  const findings = sortFindings(outlook.findings);
  const file = process.env[FINDINGS_FILE];
  if (file !== undefined) writeFindings(file, { findings, offline: outlook.offline });

  const errors = findings.filter((finding) => finding.severity === "error");
  const count =
    errors.length === 1 ? "one of the survey's findings" : `${errors.length} of the survey's findings`;
  if (file === undefined) {
    for (const finding of findings) {
      if (finding.severity === "error") pulumi.log.error(describeFinding(finding));
      if (finding.severity === "warning") pulumi.log.warn(describeFinding(finding));
    }
  }
  if (errors.length === 0) return;
  if (!pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError(
      `${count} ${errors.length === 1 ? "stops" : "stop"} this up; nothing was changed`,
    );
  }
  if (file !== undefined) pulumi.log.error(`an up would stop at ${count}, listed below`);
}
