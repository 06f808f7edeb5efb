import type { StatusReport, StatusResource } from "../contracts.ts";
import { fillBar, formatBytes, formatCount, NEARLY_FULL, plural } from "../terminal/quantity.ts";
import type { Style } from "../terminal/style.ts";
import { formatTable } from "../terminal/table.ts";
import { SLIPWAY_TYPE } from "./rows.ts";

const COLUMNS = [
  { title: "KIND" },
  { title: "NAME" },
  { title: "HEALTH" },
  { title: "MESSAGES", align: "right" },
  { title: "SIZE", align: "right" },
  { title: "OF", align: "right" },
  { title: "FILL" },
  { title: "CONSUMERS", align: "right" },
] as const;

/** Every resource on a line, what is wrong with it below, then what an interrupted run left, then a summary. */
export function renderStatus(report: StatusReport, style: Style): string[] {
  const [titles, ...lines] = formatTable(
    COLUMNS,
    report.resources.map((resource) => rowOf(resource, style)),
  );
  const body = report.resources.flatMap((resource, index) => [
    lines[index] ?? "",
    ...resource.problems.map((problem) => `    ${style.error(problem)}`),
  ]);
  const table = report.resources.length === 0 ? [] : [style.strong(titles ?? ""), ...body];
  return [...table, ...renderOrphans(report, style), summaryOf(report, style)];
}

function rowOf(resource: StatusResource, style: Style): string[] {
  const { messages, bytes, maxBytes, fill, consumers } = resource;
  const bar = fill === null ? "" : fillBar(fill);
  return [
    resource.type.slice(SLIPWAY_TYPE.length),
    nameOfId(resource.id),
    resource.healthy ? style.good("healthy") : style.error("unhealthy"),
    messages === null ? "" : formatCount(messages),
    bytes === null ? "" : formatBytes(bytes),
    maxBytes === null ? "" : formatBytes(maxBytes),
    fill !== null && fill >= NEARLY_FULL ? style.warning(bar) : bar,
    consumers === null ? "" : String(consumers),
  ];
}

/** `stream/RESULTS` is `RESULTS`, `consumer/RESULTS/archive` is `RESULTS/archive`: as the server knows it. */
const nameOfId = (id: string): string => id.slice(id.indexOf("/") + 1);

function renderOrphans(report: StatusReport, style: Style): string[] {
  if (report.orphans.length === 0) return [];
  return [
    "",
    style.warning("Left by an interrupted run: marked as this stack's on the server, but not in its state"),
    ...report.orphans.map(({ id, messages, bytes }) => {
      const size = bytes === null ? "" : `, ${formatBytes(bytes)}`;
      return `  ${id}${messages === null ? "" : ` (${plural(messages, "message")}${size})`}`;
    }),
    "  to do: slipway up takes up those that are declared; delete the others with the nats tool",
  ];
}

function summaryOf(report: StatusReport, style: Style): string {
  const healthy = report.resources.filter((resource) => resource.healthy).length;
  if (report.resources.length === 0) return `Stack ${report.stack} has no resources.`;
  const text = `${plural(report.resources.length, "resource")}, ${healthy} healthy`;
  return healthy === report.resources.length ? style.good(text) : style.error(text);
}
