import { readFileSync } from "node:fs";

/** Of an update's own summary: how many resources each operation concerned. */
export type ChangeCounts = Readonly<Record<string, number>>;

interface EngineEvent {
  readonly summaryEvent?: { readonly resourceChanges?: ChangeCounts; readonly isPreview?: boolean };
}

/** The counts of the last summary in an engine event log (one JSON object a line); undefined when there is none. */
export function changesInEventLog(text: string): ChangeCounts | undefined {
  const lines = text.split("\n");
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? "";
    if (!line.includes('"summaryEvent"')) continue;
    const summary = parseEvent(line)?.summaryEvent;
    if (summary !== undefined && summary.isPreview !== true) return summary.resourceChanges ?? {};
  }
  return undefined;
}

/** The log of a killed run ends in the middle of a line. */
function parseEvent(line: string): EngineEvent | undefined {
  try {
    return JSON.parse(line) as EngineEvent;
  } catch {
    return undefined;
  }
}

export function readEventLog(file: string): ChangeCounts | undefined {
  try {
    return changesInEventLog(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** In the order in which they are told. The engine's word, ours. */
const TOLD = [
  ["create", "created"],
  ["import", "imported"],
  ["update", "updated"],
  ["replace", "replaced"],
  ["delete", "deleted"],
  ["discard", "forgotten"],
] as const;

/** `3 created, 1 updated, 22 unchanged`, or `no changes`. */
export function describeChanges(counts: ChangeCounts): string {
  const changed = TOLD.flatMap(([operation, word]) =>
    counts[operation] ? [`${counts[operation]} ${word}`] : [],
  );
  const same = counts.same ?? 0;
  if (changed.length === 0) return same === 0 ? "no changes" : `no changes, ${same} unchanged`;
  return [...changed, ...(same === 0 ? [] : [`${same} unchanged`])].join(", ");
}
