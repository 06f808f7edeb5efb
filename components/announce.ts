import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../providers/kernel/finding.ts";
import { describeFinding, sortFindings, writeFindings } from "../survey/report.ts";

/** Names the file that the findings are written to, for a program that runs Pulumi. */
const FINDINGS_FILE = "SLIPWAY_FINDINGS_FILE";

interface Survey {
  readonly findings: readonly Finding[];
  readonly offline: boolean;
}

/**
 * Logs the findings to the engine, or leaves them to whoever asked for the file. With errors an up stops here, before
 * the first resource is registered; a preview goes on, so that it shows the whole plan beside them.
 */
export function announce(outlook: Survey): void {
  const findings = sortFindings(outlook.findings);
  const file = process.env[FINDINGS_FILE];
  if (file !== undefined) writeFindings(file, { findings, offline: outlook.offline });

  const errors = errorsOf(outlook);
  if (file === undefined) {
    for (const finding of findings) {
      if (finding.severity === "error") pulumi.log.error(describeFinding(finding));
      if (finding.severity === "warning") pulumi.log.warn(describeFinding(finding));
    }
  }
  if (errors.length === 0) return;
  if (!pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError(
      `${countOf(errors)} ${errors.length === 1 ? "stops" : "stop"} this up; nothing was changed`,
    );
  }
  if (file !== undefined) pulumi.log.error(`an up would stop at ${countOf(errors)}, listed below`);
}

/**
 * Fails a preview whose survey found errors; a logged error alone doesn't fail it. To be called last, since a program
 * that throws earlier shows no whole plan. Whoever asked for the file of findings judges by that.
 */
export function failPreview(outlook: Survey): void {
  const errors = errorsOf(outlook);
  if (errors.length === 0 || !pulumi.runtime.isDryRun() || process.env[FINDINGS_FILE] !== undefined) return;
  throw new pulumi.RunError(`an up would stop at ${countOf(errors)}`);
}

const errorsOf = ({ findings }: Survey): Finding[] => findings.filter(({ severity }) => severity === "error");

const countOf = (errors: readonly Finding[]): string =>
  errors.length === 1 ? "one of the survey's findings" : `${errors.length} of the survey's findings`;
