import { rmSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, writeFileAtomically } from "../portable/atomic-file.mjs";

/** What the next command needs to know of a process that outlives this one. */
export interface ProcessRecord {
  readonly pid: number;
  /** Tells the process from a later one of the same pid; see `processIdentity`. */
  readonly startTime: string;
  readonly command: readonly string[];
  /** By purpose: `client`, `monitor`. Empty until the process has told them. */
  readonly ports: Readonly<Record<string, number>>;
  readonly logPath: string;
}

export const recordPath = (directory: string): string => join(directory, "process.json");

/** Undefined when there is none, or none that can be read: then nothing is known, and nothing will be killed. */
export function readRecord(directory: string): ProcessRecord | undefined {
  const value = readJsonFile(recordPath(directory)) as Partial<ProcessRecord> | undefined;
  const isWhole =
    typeof value?.pid === "number" &&
    typeof value.startTime === "string" &&
    Array.isArray(value.command) &&
    typeof value.ports === "object" &&
    typeof value.logPath === "string";
  return isWhole ? (value as ProcessRecord) : undefined;
}

export const writeRecord = (directory: string, record: ProcessRecord): void =>
  writeFileAtomically(recordPath(directory), `${JSON.stringify(record, null, 2)}\n`);

export const removeRecord = (directory: string): void => rmSync(recordPath(directory), { force: true });
