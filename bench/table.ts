import { type Column, formatTable } from "../cli/terminal/table.ts";

/**
 * A table that reads well both on a terminal and as Markdown: GitHub's pipe form, with the cells padded to columns.
 */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const fenced = (cells: readonly string[]): string[] => ["", ...cells, ""];
  // The separator is a row too, so that it is padded like one; its dashes then fill their cells.
  const [titles = "", separator = "", ...lines] = formatTable(
    fenced(columns.map(({ title }) => title)).map((title, index) => ({
      title,
      align: columns[index - 1]?.align ?? "left",
    })),
    [fenced(columns.map(() => "-")), ...rows.map(fenced)],
  );
  void separator;
  return [titles, ...lines];
}
