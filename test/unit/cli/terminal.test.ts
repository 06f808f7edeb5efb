import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillBar, formatBytes, formatCount, formatDuration, plural } from "../../../cli/terminal/quantity.ts";
import { colourStyle, wantsColour } from "../../../cli/terminal/style.ts";
import { formatTable } from "../../../cli/terminal/table.ts";

describe("quantities", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [1_073_741_823, "1 GiB"],
    [2_147_483_648, "2 GiB"],
    [11_609_833_472, "10.8 GiB"],
  ])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("never shows more than four digits of bytes", () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (bytes) => {
        expect(formatBytes(bytes)).toMatch(/^\d{1,4}(\.\d)? (B|[KMGTP]iB)$/);
      }),
    );
  });

  it("divides thousands", () =>
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]));
  it.each([
    [12.4, "12 ms"],
    [3249, "3.2 s"],
    [59_960, "1 min"],
    [65_000, "1 min 5 s"],
  ])("%d ms are %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));
  it("counts one as one", () =>
    expect([plural(1, "error"), plural(2, "error")]).toEqual(["1 error", "2 errors"]));
});

describe("fillBar", () => {
  it.each([
    [0, "░░░░░░░░░░   0%"],
    [0.001, "█░░░░░░░░░  <1%"],
    [0.5, "█████░░░░░  50%"],
    [0.999, "██████████  99%"],
    [1, "██████████ 100%"],
    [1.3, "██████████ 130%"],
  ])("shows %d as %s", (share, bar) => expect(fillBar(share)).toBe(bar));
  it("is always of the same width", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9, noNaN: true }), (share) => {
        expect(fillBar(share)).toHaveLength(15);
      }),
    );
  });
});

describe("formatTable", () => {
  it("aligns by what is seen, not by colour codes", () => {
    const columns = [{ title: "A" }, { title: "N", align: "right" as const }, { title: "" }];
    const [, coloured, plain] = formatTable(columns, [
      [colourStyle.error("ab"), "1", "x"],
      ["abc", "10", ""],
    ]);
    expect(coloured).toBe(`${colourStyle.error("ab")}    1  x`);
    expect(plain).toBe("abc  10");
  });
});

describe("wantsColour", () => {
  it("only on a terminal that shows them and a user who wants them", () => {
    expect(wantsColour({}, true)).toBe(true);
    expect(wantsColour({ NO_COLOR: "" }, true)).toBe(true);
    expect(wantsColour({ NO_COLOR: "1" }, true)).toBe(false);
    expect(wantsColour({ TERM: "dumb" }, true)).toBe(false);
    expect(wantsColour({}, false)).toBe(false);
  });
});
