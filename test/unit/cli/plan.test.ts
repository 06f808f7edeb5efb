import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exitCodeOf } from "../../../cli/commands/preview.ts";
import { planSchema } from "../../../cli/contracts.ts";
import { readFindings, renderFindings } from "../../../cli/plan/findings.ts";
import { type PreviewOutcome, planReport, previewDigestSchema } from "../../../cli/plan/from-preview.ts";
import { parsePropertyPath, valueAt } from "../../../cli/plan/property-path.ts";
import { plainStyle } from "../../../cli/terminal/style.ts";
import type { Finding } from "../../../providers/kernel/finding.ts";
import { describeFinding } from "../../../survey/report.ts";

const STREAM = "pulumi-nodejs:dynamic/slipway:Stream";
const urnOf = (name: string, type = STREAM) => `urn:pulumi:dev::slipway::${type}::${name}`;
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const finding = (severity: Finding["severity"], code = "data-loss.max-bytes"): Finding => ({
  severity,
  code,
  resource: "Stream RESULTS",
  path: "slipway:nats.streams.RESULTS.maxBytes",
  message: "40 messages (1.2 MiB) would be deleted",
  facts: { messages: 40, bytes: 1_258_291 },
  remedy: "raise maxBytes, or say allowDataLoss",
});

/** As the engine prints it, cut to what matters. */
const steps = [
  { op: "same", urn: urnOf("slipway-dev", "pulumi:pulumi:Stack"), newState: { type: "pulumi:pulumi:Stack" } },
  { op: "same", urn: urnOf("EVENTS"), oldState: { type: STREAM, id: "stream/EVENTS" } },
  { op: "create", urn: urnOf("NEW"), newState: { type: STREAM, inputs: { name: "NEW" } } },
  {
    op: "update",
    urn: urnOf("RESULTS"),
    oldState: {
      type: STREAM,
      id: "stream/RESULTS",
      inputs: { maxBytes: "2GiB", subjects: ["a", "b"], token: "[secret]", __provider: "old" },
      outputs: { maxBytes: "2GiB", created: "2026-01-01" },
    },
    newState: {
      type: STREAM,
      inputs: {
        maxBytes: "1GiB",
        subjects: ["a", "c"],
        token: "[secret]",
        description: UNKNOWN,
        __provider: "new",
      },
    },
    detailedDiff: {
      maxBytes: { kind: "update", inputDiff: true },
      "subjects[1]": { kind: "update", inputDiff: true },
      token: { kind: "update", inputDiff: true },
      description: { kind: "add", inputDiff: true },
      created: { kind: "update", inputDiff: false },
      __provider: { kind: "update", inputDiff: true },
    },
  },
  {
    op: "delete-replaced",
    urn: urnOf("MOVED"),
    oldState: { type: STREAM, id: "stream/MOVED" },
  },
  {
    op: "replace",
    urn: urnOf("MOVED"),
    oldState: { type: STREAM, id: "stream/MOVED", inputs: { name: "OLD" } },
    newState: { type: STREAM, inputs: { name: "MOVED" } },
    replaceReasons: ["name"],
    diffReasons: ["name"],
  },
  { op: "create-replacement", urn: urnOf("MOVED"), newState: { type: STREAM } },
  {
    op: "delete",
    urn: urnOf("GONE"),
    oldState: { type: STREAM, id: "stream/GONE", inputs: { name: "GONE" } },
  },
];

const outcome = (change: Partial<PreviewOutcome> = {}): PreviewOutcome => ({
  stack: "dev",
  digest: previewDigestSchema.parse({ steps, duration: 1, changeSummary: { same: 2, create: 1, update: 1 } }),
  survey: { findings: [], offline: false },
  succeeded: true,
  stderr: "",
  ...change,
});

describe("planReport", () => {
  const report = planReport(outcome());

  it("keeps its contract", () => {
    expect(planSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it("tells one change a resource, without the stack itself, in the order of their URNs", () => {
    expect(report.changes.map(({ op, name, id }) => [op, name, id])).toEqual([
      ["delete", "GONE", "stream/GONE"],
      ["replace", "MOVED", "stream/MOVED"],
      ["create", "NEW", undefined],
      ["update", "RESULTS", "stream/RESULTS"],
    ]);
    expect(report.summary).toEqual({ create: 1, update: 1, delete: 1, replace: 1, same: 1 });
  });

  it("counts the stack itself neither when it is there already nor when it is new", () => {
    const stack = { op: "create", urn: urnOf("slipway-dev", "pulumi:pulumi:Stack") };
    const digest = (summary: Record<string, number>, listed: unknown[]) =>
      previewDigestSchema.parse({ steps: listed, changeSummary: summary });
    const sameOf = (summary: Record<string, number>, listed: unknown[] = []) =>
      planReport(outcome({ digest: digest(summary, listed) })).summary.same;
    expect(sameOf({ same: 28 })).toBe(27);
    expect(sameOf({ create: 28 }, [stack])).toBe(0);
    expect(sameOf({ create: 1, same: 3 }, [stack])).toBe(3);
  });

  it("tells what differs before and after, with what is unknown or secret named so", () => {
    expect(report.changes.find(({ name }) => name === "RESULTS")?.reasons).toEqual([
      { path: "created", before: "2026-01-01", after: null },
      { path: "description", before: null, after: "[known after up]" },
      { path: "maxBytes", before: "2GiB", after: "1GiB" },
      { path: "subjects[1]", before: "b", after: "c" },
      { path: "token", before: "[secret]", after: "[secret]" },
    ]);
    expect(report.changes.find(({ name }) => name === "MOVED")?.reasons).toEqual([
      { path: "name", before: "OLD", after: "MOVED" },
    ]);
  });

  it.each([
    [[], true, "clean"],
    [["note"], true, "clean"],
    [["note", "warning"], true, "warnings"],
    [["warning", "error"], true, "errors"],
    [["error"], false, "errors"],
    [["warning"], false, "failed"],
  ] as const)("with findings %j and the engine's verdict %s is %s", (severities, succeeded, result) => {
    const survey = { findings: severities.map((severity) => finding(severity)), offline: false };
    expect(planReport(outcome({ survey, succeeded })).result).toBe(result);
  });

  it("is failed when the engine printed no plan, and tells why", () => {
    const failed = planReport(
      outcome({
        digest: undefined,
        survey: undefined,
        succeeded: false,
        stderr: "error: no stack named 'x' found\n",
      }),
    );
    expect(failed).toMatchObject({
      result: "failed",
      changes: [],
      diagnostics: [{ severity: "error", message: "no stack named 'x' found" }],
    });
  });

  it("doesn't tell findings twice, nor colours, nor debug lines", () => {
    const survey = { findings: [finding("error")], offline: true };
    const diagnostics = [
      { severity: "error", message: `error: ${describeFinding(finding("error"))}\n`, urn: "u" },
      { severity: "info", message: "\u001b[32mhello\u001b[39m\n\n" },
      { severity: "debug", message: "debug: x" },
      { severity: "warning", message: "warning: careful\n" },
    ];
    const digest = previewDigestSchema.parse({ steps: [], diagnostics });
    expect(planReport(outcome({ digest, survey }))).toMatchObject({
      offline: true,
      diagnostics: [
        { severity: "info", message: "hello" },
        { severity: "warning", message: "careful" },
      ],
    });
  });
});

describe("exit codes of a preview", () => {
  it("are those of its result", () => {
    expect(exitCodeOf("clean", {})).toBe(0);
    expect(exitCodeOf("warnings", {})).toBe(0);
    expect(exitCodeOf("warnings", { failOn: "warning" })).toBe(2);
    expect(exitCodeOf("errors", { failOn: "warning" })).toBe(1);
    expect(exitCodeOf("failed", {})).toBe(1);
  });
});

describe("property paths", () => {
  it.each([
    ["maxBytes", ["maxBytes"]],
    ["subjects[10]", ["subjects", 10]],
    ['metadata["a.b"].c', ["metadata", "a.b", "c"]],
    ['metadata["say \\"x\\""]', ["metadata", 'say "x"']],
  ])("%s is %j", (path, steps) => expect(parsePropertyPath(path)).toEqual(steps));
  it("that are none lead nowhere", () => {
    expect(parsePropertyPath("a[b")).toBeUndefined();
    expect(valueAt({ "a[b": 1 }, "a[b")).toBe(1);
    expect(valueAt({ a: { b: 1 } }, "a.toString")).toBeUndefined();
    expect(valueAt({ a: null }, "a.b")).toBeUndefined();
  });
});

describe("findings", () => {
  it("come as a block with numbers, place and remedy; notes are only counted", () => {
    const block = renderFindings(
      { findings: [finding("error"), finding("note")], offline: true },
      plainStyle,
    );
    expect(block).toEqual([
      "Findings: 1 error, 1 note, offline: some server could not be looked at, so more may be found",
      "  error    Stream RESULTS: 40 messages (1.2 MiB) would be deleted [data-loss.max-bytes]",
      "           at: slipway:nats.streams.RESULTS.maxBytes",
      "           to do: raise maxBytes, or say allowDataLoss",
    ]);
    expect(renderFindings({ findings: [], offline: false }, plainStyle)).toEqual(["Findings: none"]);
  });

  const folder = mkdtempSync(join(tmpdir(), "slipway-findings-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  it("are read from what the program wrote, if it came to that", () => {
    const file = join(folder, "findings.json");
    expect(readFindings(file)).toBeUndefined();
    writeFileSync(file, JSON.stringify({ findings: [finding("warning")], offline: false }));
    expect(readFindings(file)).toEqual({ findings: [finding("warning")], offline: false });
    writeFileSync(file, '{"findings": [{"severity": "fatal"}], "offline": false}');
    expect(() => readFindings(file)).toThrow("the survey's report can't be read");
  });
});
