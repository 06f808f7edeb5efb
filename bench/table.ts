import type { Column } from "../cli/terminal/table.ts";

/** A table that reads well on a terminal and as Markdown: pipes, with the cells padded to columns. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, index) =>
    Math.max(3, ...[titles, ...rows].map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string => {
    const cells = columns.map(({ align }, index) => {
      const [cell, width] = [row[index] ?? "", widths[index] ?? 0];
      return align === "right" ? cell.padStart(width) : cell.padEnd(width);
    });
    return `| ${cells.join(" | ")} |`;
  };
  const rules = columns.map(({ align }, index) => {
    const dashes = "-".repeat((widths[index] ?? 0) - 1);
    return align === "right" ? `${dashes}:` : `${dashes}-`;
  });
  return [line(titles), line(rules), ...rows.map(line)];
}
