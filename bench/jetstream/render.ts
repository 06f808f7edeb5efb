import { formatBytes, formatCount, plural } from "../../cli/terminal/quantity.ts";
import type { Column } from "../../cli/terminal/table.ts";
import { markdownTable } from "../table.ts";
import type { Floor } from "./floor.ts";
import { type Goal, MAX_RATIO, OPENTOFU_COUNT, OPENTOFU_SECONDS, type Subject } from "./goals.ts";
import { PHASES, type Phase } from "./phases.ts";
import type { Report, Summary } from "./report.ts";

/** Which request of the bare client stands beside a phase. */
const FLOOR_OF: Readonly<Record<Phase, keyof Floor>> = {
  up: "create",
  preview: "list",
  unchanged: "list",
  refresh: "list",
  update: "update",
  destroy: "destroy",
};

const seconds = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(2));
const mark = (goal: Goal | undefined): string => (goal === undefined ? "" : goal.met ? " ✓" : " ✗");

/** The report as Markdown that also reads well on a terminal. */
export function renderReport(report: Report): string[] {
  const { count, runs, machine, load } = report;
  const missed = report.goals.filter(({ met }) => !met).length;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `# JetStream, ${plural(count, "stream")}, ${report.date}`,
    "",
    `Seconds, ${runs === 1 ? "of one run" : `medians of ${runs} runs`}. ✓ and ✗: goal met, missed ` +
      `(${report.goals.length - missed} of ${report.goals.length} are met).`,
    "",
    ...phaseTable(report),
    "",
    `- ratio: JetStream by do-nothing; the goal is at most ${MAX_RATIO}.`,
    "- do-nothing: as many resources without a thing behind them, by the same engine, kernel and settings.",
    "- client: the bare `nats` client making, listing, changing, deleting the same streams, 16 requests at a time.",
    "- requests: JetStream API requests that reached the server, the most of all runs.",
    ...(count === OPENTOFU_COUNT
      ? ["- OpenTofu: with its JetStream provider, on another machine of two cores, not in this run."]
      : []),
    "",
    ...stateTable(report),
    "",
    `Machine: ${machine.cores} cores (${machine.processor}), ${formatBytes(machine.memory)} of memory, ` +
      `${machine.platform}. Load of the minute before: ${load.before.toFixed(2)}, of the last minute: ${load.after.toFixed(2)}.`,
    ...(wasBusy(report)
      ? [
          "",
          "**Others were at work on this machine: seconds and ratios are rough, requests and bytes exact.**",
        ]
      : []),
    "",
    `Versions: ${versions.join(", ")}.`,
  ];
}

/** The load that one run makes by itself, in parts of the cores. */
const OWN_LOAD = 1.5;

const wasBusy = ({ machine: { cores }, load }: Report): boolean =>
  load.before > cores / 2 || load.after > cores * OWN_LOAD;

function phaseTable(report: Report): string[] {
  const { jetstream, doNothing, checkpoints, floor, count } = report;
  const goalOf = (subject: Subject, phase: Phase): Goal | undefined =>
    report.goals.find((goal) => goal.subject === subject && goal.phase === phase);
  const columns: { column: Column; cell: (phase: Phase) => string }[] = [
    {
      column: right("JetStream"),
      cell: (phase) => `${seconds(jetstream.seconds[phase])}${mark(goalOf("opentofu", phase))}`,
    },
    { column: right("do-nothing"), cell: (phase) => seconds(doNothing.seconds[phase]) },
    {
      column: right("ratio"),
      cell: (phase) =>
        `${(jetstream.seconds[phase] / doNothing.seconds[phase]).toFixed(2)}${mark(goalOf("ratio", phase))}`,
    },
    { column: right("client"), cell: (phase) => seconds(floor[FLOOR_OF[phase]]) },
    {
      column: right("requests"),
      cell: (phase) => `${formatCount(jetstream.requests[phase])}${mark(goalOf("requests", phase))}`,
    },
    ...(checkpoints === undefined
      ? []
      : [
          {
            column: right("a save each step"),
            cell: (phase: Phase) => seconds(checkpoints.seconds[phase]),
          },
        ]),
    ...(count === OPENTOFU_COUNT
      ? [{ column: right("OpenTofu"), cell: (phase: Phase) => seconds(OPENTOFU_SECONDS[phase]) }]
      : []),
  ];
  return markdownTable(
    [{ title: "" }, ...columns.map(({ column }) => column)],
    PHASES.map(({ name, title }) => [title, ...columns.map(({ cell }) => cell(name))]),
  );
}

function stateTable({ jetstream, doNothing }: Report): string[] {
  const row = (title: string, value: (summary: Summary) => string): string[] => [
    title,
    value(jetstream),
    value(doNothing),
  ];
  return markdownTable(
    [{ title: "state" }, right("JetStream"), right("do-nothing")],
    [
      row("file, bytes", ({ stateBytes }) => formatCount(stateBytes)),
      row("a resource, bytes", ({ stateBytesPerResource }) => formatCount(stateBytesPerResource)),
    ],
  );
}

const right = (title: string): Column => ({ title, align: "right" });
