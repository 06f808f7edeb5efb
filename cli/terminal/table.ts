import { stripVTControlCharacters } from "node:util";

export type Align = "left" | "right";

export interface Column {
  readonly title: string;
  readonly align?: Align;
}

const GAP = "  ";
const width = (text: string): number => stripVTControlCharacters(text).length;

function pad(text: string, to: number, align: Align): string {
  const space = " ".repeat(Math.max(0, to - width(text)));
  return align === "right" ? space + text : text + space;
}

/** Aligned lines, the titles first; colour codes in a cell take no room. No trailing blanks. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => width(line[index] ?? ""))));
  return lines.map((line) =>
    columns
      .map((column, index) => pad(line[index] ?? "", widths[index] ?? 0, column.align ?? "left"))
      .join(GAP)
      .trimEnd(),
  );
}
