import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Kind, Migration } from "../../../providers/kernel/kind.ts";
import { toProvider } from "../../../providers/kernel/provider.ts";
import { formatState, parseState } from "../../../providers/kernel/state.ts";
import { type ThingComputed, type ThingInput, thing } from "../../fixtures/kernel/project/kinds/thing.ts";

const STATES = new URL("../../fixtures/kernel/states/", import.meta.url);
const files = readdirSync(STATES).toSorted();
const stateOf = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(file, STATES), "utf8"));

describe("states of every version", () => {
  it("has one fixture for each", () => {
    expect(files).toEqual(Array.from({ length: thing.version }, (_, index) => `thing-v${index + 1}.json`));
  });

  it.each(files)("%s becomes today's form and plans to nothing", async (file) => {
    const stored = parseState(thing, stateOf(file));
    const input = { owner: "p/s/a", name: "anchor", size: 10, tags: ["a", "b"] };
    expect(stored).toEqual({ input, computed: { made: 7 }, migrated: file !== "thing-v3.json" });
    expect(await toProvider(thing).diff("anchor", stateOf(file), input)).toEqual({ changes: false });
  });

  it("tells the engine of a difference that only a migration made", async () => {
    const input = { owner: "p/s/a", name: "anchor", size: 11, tags: ["a", "b"] };
    expect(await toProvider(thing).diff("anchor", stateOf("thing-v1.json"), input)).toEqual({
      changes: true,
    });
    expect(await toProvider(thing).diff("anchor", stateOf("thing-v3.json"), input)).toEqual({});
  });
});

describe("migrations", () => {
  const counted = (version: number): Kind<ThingInput, ThingComputed> => ({
    ...thing,
    version,
    migrations: Array.from(
      { length: version - 1 },
      (_, index): Migration =>
        (stored) => ({ ...stored, ran: [...((stored.ran as number[] | undefined) ?? []), index + 1] }),
    ),
  });

  it("run once each, in order, from the stored version on", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (from, more) => {
        const to = from + more - 1;
        const stored = parseState(counted(to), { name: "a", ...(from === 1 ? {} : { v: from }) });
        const ran = Array.from({ length: to - from }, (_, index) => from + index);
        expect(stored?.input).toEqual(ran.length === 0 ? { name: "a" } : { name: "a", ran });
      }),
    );
  });

  it("must be as many as versions passed", () => {
    expect(() => toProvider({ ...thing, version: 5 })).toThrow("version 5 needs 4 migrations, has 2");
  });
});

describe("state", () => {
  it("comes back as it was written", () => {
    const stored = { input: { name: "anchor", size: 10, tags: ["a"] }, computed: { made: 1 } };
    expect(parseState(thing, formatState(thing, stored))).toEqual({ ...stored, migrated: false });
  });

  it("holds no transient key and nothing of the kernel's own", () => {
    const input = { name: "anchor", size: 10, allowShrink: true, v: 9, id: "x", __provider: "y" };
    expect(formatState(thing, { input, computed: { made: 1, name: "other" } as { made: number } })).toEqual({
      name: "anchor",
      size: 10,
      made: 1,
      v: 3,
    });
  });

  it("is absent for a get by id", () => {
    expect(parseState(thing, { __provider: "text", made: undefined })).toBeUndefined();
  });

  it.each([4, 1_000])("of version %s is left to a newer Slipway", (v) => {
    expect(() => parseState(thing, { name: "anchor", v })).toThrow(/Thing anchor: .*\[state-version\]/);
  });

  it.each([0, -1, 1.5, "2", null])("of version %j is refused", (v) => {
    expect(() => parseState(thing, { name: "anchor", v })).toThrow(/Thing anchor: .*\[unexpected\]/);
  });
});
