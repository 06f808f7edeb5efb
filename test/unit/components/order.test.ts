import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inOrder } from "../../../components/order.ts";

const named = (...names: string[]) => names.map((name) => ({ name }));

describe("inOrder", () => {
  it("keeps the given order where no edge speaks", () => {
    expect(inOrder(named("b", "a", "c"), [])).toEqual(named("b", "a", "c"));
  });

  it("puts what must come first in front", () => {
    const edges = [{ before: "c", after: "a" }];
    expect(inOrder(named("a", "b", "c"), edges)).toEqual(named("b", "c", "a"));
  });

  it("ignores edges from items that aren't there", () => {
    expect(inOrder(named("a"), [{ before: "gone", after: "a" }])).toEqual(named("a"));
  });

  it("keeps every item, also those on a cycle", () => {
    const edges = [
      { before: "a", after: "b" },
      { before: "b", after: "a" },
    ];
    expect(inOrder(named("a", "b", "c"), edges)).toEqual(named("c", "a", "b"));
  });

  it("respects every edge of any acyclic graph and loses nothing", () => {
    const graph = fc.integer({ min: 1, max: 12 }).chain((size) =>
      fc.tuple(
        fc.constant(size),
        fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 }),
        fc.shuffledSubarray(
          Array.from({ length: size }, (_, i) => i),
          { minLength: size },
        ),
      ),
    );
    fc.assert(
      fc.property(graph, ([, pairs, shuffled]) => {
        const edges = pairs.filter(([a, b]) => a < b).map(([a, b]) => ({ before: `n${a}`, after: `n${b}` }));
        const items = shuffled.map((i) => ({ name: `n${i}` }));
        const ordered = inOrder(items, edges).map((item) => item.name);
        expect([...ordered].sort()).toEqual(items.map((item) => item.name).sort());
        for (const { before, after } of edges)
          expect(ordered.indexOf(before)).toBeLessThan(ordered.indexOf(after));
      }),
    );
  });
});
