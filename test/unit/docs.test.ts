import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../providers/kernel/errors.ts";

const page = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

describe("docs/errors.md", () => {
  it("has exactly the error codes of the program, with their meanings", () => {
    const rows = [...page("errors.md").matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map((row) => [
      row[1],
      row[2],
    ]);
    expect(Object.fromEntries(rows)).toEqual(ERROR_CODES);
  });
});
