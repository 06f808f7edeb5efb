import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import type { Finding } from "../../providers/kernel/finding.ts";
import { describeFinding, type FindingsFile } from "../../survey/report.ts";
import type { PlannedChange, PlanReport } from "../contracts.ts";
import { nameOfUrn, typeOfUrn } from "../state/deployment.ts";
import { valueAt } from "./property-path.ts";

const resourceState = z.looseObject({
  type: z.string().optional(),
  id: z.string().optional(),
  inputs: z.record(z.string(), z.unknown()).nullish(),
  outputs: z.record(z.string(), z.unknown()).nullish(),
});

/** The part of `pulumi preview --json` that is read here. */
export const previewDigestSchema = z.looseObject({
  steps: z
    .array(
      z.looseObject({
        op: z.string(),
        urn: z.string(),
        oldState: resourceState.nullish(),
        newState: resourceState.nullish(),
        diffReasons: z.array(z.string()).nullish(),
        replaceReasons: z.array(z.string()).nullish(),
        detailedDiff: z.record(z.string(), z.looseObject({ inputDiff: z.boolean().optional() })).nullish(),
      }),
    )
    .nullish(),
  changeSummary: z.record(z.string(), z.number()).nullish(),
  diagnostics: z
    .array(
      z.looseObject({
        message: z.string().optional(),
        severity: z.string().optional(),
        urn: z.string().optional(),
      }),
    )
    .nullish(),
});
export type PreviewDigest = z.output<typeof previewDigestSchema>;
type Step = NonNullable<PreviewDigest["steps"]>[number];

export interface PreviewOutcome {
  readonly stack: string;
  /** Undefined when the engine didn't get as far as a plan. */
  readonly digest: PreviewDigest | undefined;
  /** Undefined when the program ended before its survey. */
  readonly survey: FindingsFile | undefined;
  /** The engine's own verdict. */
  readonly succeeded: boolean;
  /** What it said beside the plan. */
  readonly stderr: string;
}

/** Stands for a value that only the run itself can tell. Source: pulumi, sdk/nodejs/runtime/rpc.ts, `unknownValue`. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_SHOWN = "[known after up]";

/** A replacement comes as three steps, of which one says why; reads and refreshes change nothing that is declared. */
const OPERATIONS: Readonly<Record<string, PlannedChange["op"]>> = {
  create: "create",
  import: "create",
  update: "update",
  delete: "delete",
  discard: "delete",
  replace: "replace",
  "import-replacement": "replace",
};
const STACK_TYPE = "pulumi:pulumi:Stack";

/** The engine's preview and the survey's findings as one report. Pure; nothing in it is a secret in clear. */
export function planReport(outcome: PreviewOutcome): PlanReport {
  const steps = outcome.digest?.steps ?? [];
  const changes = steps
    .filter((step) => typeOfUrn(step.urn) !== STACK_TYPE)
    .flatMap(changeOf)
    .sort((a, b) => compare(a.urn, b.urn) || compare(a.op, b.op));
  const findings = outcome.survey?.findings ?? [];
  const count = (op: PlannedChange["op"]): number => changes.filter((change) => change.op === op).length;
  return {
    stack: outcome.stack,
    changes,
    summary: {
      create: count("create"),
      update: count("update"),
      delete: count("delete"),
      replace: count("replace"),
      same: unchangedOf(outcome.digest),
    },
    findings: findings.map((finding) => ({ ...finding })),
    offline: outcome.survey?.offline ?? false,
    result: resultOf(findings, outcome.succeeded && outcome.digest !== undefined),
    diagnostics: diagnosticsOf(outcome, findings),
  };
}

/** The survey's errors are the reason even where they made the engine fail. */
export function resultOf(findings: readonly Finding[], succeeded: boolean): PlanReport["result"] {
  if (findings.some((finding) => finding.severity === "error")) return "errors";
  if (!succeeded) return "failed";
  return findings.some((finding) => finding.severity === "warning") ? "warnings" : "clean";
}

/** Steps without a change are counted by the engine, but not listed; one of them may be the stack itself. */
function unchangedOf(digest: PreviewDigest | undefined): number {
  const same = digest?.changeSummary?.same ?? 0;
  const stackIsNew = (digest?.steps ?? []).some(
    (step) => typeOfUrn(step.urn) === STACK_TYPE && step.op === "create",
  );
  return Math.max(0, stackIsNew ? same : same - 1);
}

function changeOf(step: Step): PlannedChange[] {
  const op = OPERATIONS[step.op];
  if (op === undefined) return [];
  const id = step.oldState?.id ?? step.newState?.id;
  return [
    {
      op,
      type: step.newState?.type ?? step.oldState?.type ?? typeOfUrn(step.urn),
      name: nameOfUrn(step.urn),
      urn: step.urn,
      ...(id === undefined || id === "" ? {} : { id }),
      reasons: op === "create" || op === "delete" ? [] : reasonsOf(step),
    },
  ];
}

function reasonsOf(step: Step): PlannedChange["reasons"] {
  const detailed = step.detailedDiff ?? {};
  const detailedPaths = Object.keys(detailed);
  const paths =
    detailedPaths.length > 0 ? detailedPaths : [...(step.replaceReasons ?? []), ...(step.diffReasons ?? [])];
  const before = (path: string): unknown => {
    // A difference that isn't one of the inputs is of what the server told last.
    const state = detailed[path]?.inputDiff === false ? step.oldState?.outputs : step.oldState?.inputs;
    return valueAt(state, path);
  };
  return [...new Set(paths)]
    .filter((path) => !path.startsWith("__"))
    .sort(compare)
    .map((path) => ({
      path,
      before: shown(before(path)),
      after: shown(valueAt(step.newState?.inputs, path)),
    }));
}

/** JSON has no undefined, and the mark of an unknown value says nothing to a reader. */
function shown(value: unknown): unknown {
  if (value === undefined) return null;
  if (value === UNKNOWN) return UNKNOWN_SHOWN;
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shown(child)]));
}

function diagnosticsOf(outcome: PreviewOutcome, findings: readonly Finding[]): PlanReport["diagnostics"] {
  const told = new Set(findings.map((finding) => describeFinding(finding).trim()));
  const engine = (outcome.digest?.diagnostics ?? []).flatMap(({ message, severity, urn }) => {
    const text = stripVTControlCharacters(message ?? "")
      .replace(/^(error|warning|info): /, "")
      .trim();
    if (text === "" || told.has(text) || severity === "debug") return [];
    const level = severity === "error" || severity === "warning" ? severity : "info";
    return [{ severity: level, message: text, ...(urn ? { urn } : {}) } as const];
  });
  const stderr = stripVTControlCharacters(outcome.stderr)
    .replace(/^error: /, "")
    .trim();
  if (outcome.succeeded || stderr === "") return engine;
  return [...engine, { severity: "error", message: stderr }];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
