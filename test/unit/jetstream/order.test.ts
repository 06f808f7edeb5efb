import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Declared } from "../../../providers/jetstream/forecast.ts";
import { type Edge, orderOf } from "../../../providers/jetstream/order.ts";
import { configOf, declareBucket, declareConsumer, declareStream, live, world } from "./world.ts";

const short = ({ before, after, reason }: Edge): string => `${before} -> ${after} (${reason})`;
const facts = (before: readonly Declared[], limits = {}) =>
  world(
    before.map((item) => live(configOf(item))),
    limits,
  );

/** A topological order; among what is free, `choose` picks. Undefined when there is a circle. */
const topological = (
  names: readonly string[],
  edges: readonly Edge[],
  choose: (free: string[]) => string,
): string[] | undefined => {
  const done: string[] = [];
  while (done.length < names.length) {
    const free = names.filter(
      (name) =>
        !done.includes(name) && edges.every(({ before, after }) => after !== name || done.includes(before)),
    );
    if (free.length === 0) return undefined;
    done.push(choose(free));
  }
  return done;
};

describe("the order", () => {
  it("puts origins and streams first", () => {
    const declared = [
      declareConsumer("COPY", "c"),
      declareStream("COPY", { mirror: { name: "ORIGIN" } }),
      declareStream("ORIGIN"),
      declareBucket("b", { sources: [{ bucket: "a" }] }),
      declareBucket("a"),
    ];
    expect(orderOf(declared, undefined).edges.map(short)).toEqual([
      "Stream COPY -> Consumer c (consumer)",
      "KeyValue a -> KeyValue b (origin)",
      "Stream ORIGIN -> Stream COPY (origin)",
    ]);
  });

  it("lets go of a subject before it is claimed", () => {
    const before = [declareStream("A", { subjects: ["x", "y"] })];
    const after = [declareStream("B", { subjects: ["y.>", "y"] }), declareStream("A", { subjects: ["x"] })];
    expect(orderOf(after, facts(before)).edges.map(short)).toEqual(["Stream A -> Stream B (subject)"]);
  });

  it("tells that a swap of subjects takes two ups", () => {
    const before = [declareStream("A", { subjects: ["x"] }), declareStream("B", { subjects: ["y"] })];
    const after = [declareStream("A", { subjects: ["y"] }), declareStream("B", { subjects: ["x"] })];
    const { edges, cycles } = orderOf(after, facts(before));
    expect(edges).toHaveLength(1);
    expect(cycles).toMatchObject([
      { severity: "error", code: "order.cycle", remedy: expect.stringContaining("two ups") },
    ]);
  });

  it("shrinks before it grows only where both would not fit", () => {
    const before = [declareStream("A", { maxBytes: "2GiB" }), declareStream("B", { maxBytes: "1GiB" })];
    const after = [declareStream("A", { maxBytes: "1GiB" }), declareStream("B", { maxBytes: "2GiB" })];
    const edge = "Stream A -> Stream B (storage)";
    expect(orderOf(after, facts(before, { budgetBytes: 3 * 2 ** 30 })).edges.map(short)).toEqual([edge]);
    expect(orderOf(after, facts(before, { budgetBytes: 4 * 2 ** 30 })).edges).toEqual([]);
    expect(orderOf(after, facts(before)).edges.map(short), "the limit is not known").toEqual([edge]);
    expect(orderOf(after, undefined).edges).toEqual([]);
  });

  it("asks for few edges where many shrink and many grow, and still shrinks first", () => {
    const count = 200;
    const sized = (shift: number) =>
      Array.from({ length: count }, (_, i) =>
        declareStream(`S${i}`, { maxBytes: (i + shift) % 2 === 0 ? "2MiB" : "1MiB" }),
      );
    const { edges, cycles } = orderOf(sized(1), facts(sized(0)));
    expect(cycles).toEqual([]);
    expect(edges.length).toBeLessThan(count);
    const names = sized(1).map(({ name }) => name);
    const order = topological(names, edges, (free) => free.at(-1) as string) ?? [];
    const shrinks = order.map((name) => Number(name.slice("Stream S".length)) % 2 === 0);
    expect(shrinks).toEqual(Array.from({ length: count }, (_, i) => i < count / 2));
  });

  const size = fc.integer({ min: 1, max: 8 });
  const sizes = fc.array(fc.tuple(fc.option(size), size), { minLength: 1, maxLength: 8 });

  it("never exceeds a limit that the end keeps, whatever is free goes first", () => {
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        (pairs, slack, picks) => {
          const make = (i: number, bytes: number) => declareStream(`S${i}`, { maxBytes: bytes });
          const before = pairs.flatMap(([had], i) => (had === null ? [] : [make(i, had)]));
          const after = pairs.map(([, wants], i) => make(i, wants));
          const had = pairs.map(([bytes]) => bytes ?? 0);
          const total = (of: readonly number[]): number => of.reduce((sum, one) => sum + one, 0);
          const limit = Math.max(total(had), total(pairs.map(([, wants]) => wants))) + slack;
          const { edges, cycles } = orderOf(after, facts(before, { budgetBytes: limit }));
          expect(cycles).toEqual([]);
          const names = after.map(({ name }) => name);
          const order = topological(
            names,
            edges,
            (free) => free[(picks[free.length - 1] ?? 0) % free.length] as string,
          );
          expect(order).toBeDefined();
          const held = [...had];
          for (const name of order ?? []) {
            const i = names.indexOf(name);
            held[i] = pairs[i]?.[1] ?? 0;
            expect(total(held)).toBeLessThanOrEqual(limit);
          }
        },
      ),
    );
  });

  it("is never a circle", () => {
    const names = ["A", "B", "C", "D"];
    const shape = fc.record({
      subjects: fc.subarray(["x", "y", "z"]),
      origin: fc.option(fc.constantFrom(...names)),
      bytes: size,
    });
    const set = fc.tuple(shape, shape, shape, shape);
    const declare = (shapes: readonly { subjects: string[]; origin: string | null; bytes: number }[]) =>
      shapes.map(({ subjects, origin, bytes }, i) => {
        const name = names[i] as string;
        const sources = origin === null || origin === name ? {} : { sources: [{ name: origin }] };
        return declareStream(name, { subjects, maxBytes: bytes, ...sources });
      });
    fc.assert(
      fc.property(set, set, fc.integer({ min: 1, max: 40 }), (before, after, budgetBytes) => {
        const declared = declare(after);
        const { edges } = orderOf(declared, facts(declare(before), { budgetBytes }));
        expect(
          topological(
            declared.map(({ name }) => name),
            edges,
            (free) => free[0] as string,
          ),
        ).toBeDefined();
      }),
    );
  });
});
