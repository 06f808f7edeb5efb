import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Kind } from "../../../providers/kernel/kind.ts";
import { toProvider } from "../../../providers/kernel/provider.ts";
import { hasUnknown, UNKNOWN } from "../../../providers/kernel/unknown.ts";

/** One of everything that a schema is made of, with refinements that would trip over an unknown. */
const schema = z
  .strictObject({
    owner: z.string().optional(),
    name: z.string().regex(/^[a-z]+$/, "must be lowercase letters, such as `anchor`"),
    size: z.int().min(1).max(1_000).default(10),
    mode: z.enum(["fast", "safe"]).optional(),
    tags: z
      .array(z.string())
      .max(3)
      .transform((tags) => tags.toSorted())
      .optional(),
    sources: z
      .array(
        z.strictObject({ name: z.string(), weight: z.number().default(1) }).refine((s) => s.name !== "no"),
      )
      .optional(),
    labels: z.record(z.string(), z.string()).optional(),
    either: z.union([z.string(), z.strictObject({ days: z.number() })]).optional(),
    limit: z
      .int()
      .optional()
      .transform((limit) => (limit === -1 ? undefined : limit)),
  })
  .superRefine((value, context) => {
    if (value.size > 500 && value.mode === "fast") {
      context.addIssue({ code: "custom", path: ["mode"], message: "must be `safe` above a size of 500" });
    }
  });
type Input = z.output<typeof schema>;

const kindOf = <I extends object>(inputs: z.ZodType<I>): Kind<I, Record<never, never>> => ({
  name: "Sample",
  version: 1,
  migrations: [],
  schema: inputs,
  computedKeys: [],
  transientKeys: [],
  plan: () => ({ action: "none", changes: [] }),
  create: () => Promise.reject(new Error("unused")),
  read: () => Promise.reject(new Error("unused")),
  update: () => Promise.reject(new Error("unused")),
  delete: () => Promise.reject(new Error("unused")),
});
const provider = toProvider(kindOf<Input>(schema));

const word = fc.stringMatching(/^[a-z]{1,6}$/).filter((text) => text !== "no");
const declaration: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    owner: word,
    name: word,
    size: fc.integer({ min: 1, max: 500 }),
    mode: fc.constantFrom("fast", "safe"),
    tags: fc.array(word, { maxLength: 3 }),
    sources: fc.array(fc.record({ name: word, weight: fc.nat() }, { requiredKeys: ["name"] }), {
      maxLength: 3,
    }),
    labels: fc.dictionary(word, word, { maxKeys: 3 }),
    either: fc.oneof(word, fc.record({ days: fc.nat() })),
    limit: fc.constantFrom(-1, 5),
  },
  { requiredKeys: ["name"] },
);

/** The same declaration with some of its values, at any depth, not known yet. */
function blur(value: unknown, next: () => boolean): unknown {
  if (next()) return UNKNOWN;
  if (Array.isArray(value)) return value.map((item) => blur(item, next));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, blur(item, next)]));
}

const blurred = fc
  .tuple(declaration, fc.infiniteStream(fc.integer({ min: 0, max: 4 })))
  .map(([whole, dice]) => ({
    whole,
    partly: Object.fromEntries(
      Object.entries(whole).map(([key, value]) => [key, blur(value, () => dice.next().value === 0)]),
    ),
  }));

describe("check", () => {
  it("is idempotent", async () => {
    await fc.assert(
      fc.asyncProperty(declaration, async (declared) => {
        const once = await provider.check({}, declared);
        expect(once.failures).toEqual([]);
        expect(await provider.check(declared, once.inputs)).toEqual(once);
      }),
    );
  });

  it("refuses nothing that may be right, and gives known properties the form that they will keep", async () => {
    await fc.assert(
      fc.asyncProperty(blurred, async ({ whole, partly }) => {
        const later = await provider.check({}, whole);
        const now = await provider.check({}, partly);
        expect(now.failures).toEqual([]);
        const known = ([key]: [string, unknown]) => !hasUnknown(partly[key]);
        expect(Object.fromEntries(Object.entries(now.inputs).filter(known))).toEqual(
          Object.fromEntries(Object.entries(later.inputs).filter(known)),
        );
        for (const key of Object.keys(partly))
          if (hasUnknown(partly[key])) expect(now.inputs[key]).toBeDefined();
        expect(await provider.check({}, now.inputs)).toEqual(now);
      }),
      { numRuns: 500 },
    );
  });

  it("never throws, whatever is declared", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.oneof(word, fc.constantFrom("size", "tags", "mode")), fc.jsonValue()),
        async (news) => {
          const { failures } = await provider.check({}, news);
          for (const failure of failures) expect(failure.reason).not.toBe("");
        },
      ),
    );
  });

  it("reports all mistakes at once, each with its path, value and what is allowed", async () => {
    const { failures } = await provider.check(
      {},
      {
        size: 2_000,
        mode: "fats",
        tag: ["a"],
        sources: [{ name: 5 }, { nam: "a" }],
        labels: { a: 1 },
        either: 7,
      },
    );
    expect(failures).toEqual([
      { property: "either", reason: "must be a string, or must be an object, but is 7." },
      { property: "labels.a", reason: "must be a string, but is 1." },
      { property: "mode", reason: 'must be one of "fast", "safe", but is "fats". Did you mean "fast"?' },
      {
        property: "name",
        reason: "is missing: it must be a string. Add it to the declaration.",
      },
      { property: "size", reason: "must be at most 1000, but is 2000." },
      { property: "sources[0].name", reason: "must be a string, but is 5." },
      {
        property: "sources[1].nam",
        reason: 'is not a property of this. Did you mean "name"? Allowed are name, weight.',
      },
      { property: "sources[1].name", reason: "is missing: it must be a string. Add it to the declaration." },
      {
        property: "tag",
        reason:
          'is not a property of this. Did you mean "tags"? Allowed are either, labels, limit, mode, name, owner, size, sources, tags.',
      },
    ]);
  });

  it("reports mistakes beside unknown values too", async () => {
    const { failures, inputs } = await provider.check(
      {},
      { name: UNKNOWN, size: "big", tag: 1, sources: [{ name: UNKNOWN, wieght: 2 }, { name: 1 }] },
    );
    expect(failures.map(({ property }) => property)).toEqual([
      "size",
      "sources[0].wieght",
      "sources[1].name",
      "tag",
    ]);
    expect(inputs.name).toBe(UNKNOWN);
  });

  it("puts rules across properties off while one of them is unknown", async () => {
    const risky = { name: "a", size: 900, mode: "fast" };
    expect((await provider.check({}, risky)).failures).toEqual([
      { property: "mode", reason: 'must be `safe` above a size of 500, but is "fast".' },
    ]);
    expect((await provider.check({}, { ...risky, size: UNKNOWN })).failures).toEqual([]);
  });

  it("leaves out what is the default, and drops Pulumi's own keys", async () => {
    const { inputs } = await provider.check({}, { __provider: "text", name: "a", limit: -1 });
    expect(inputs).toEqual({ name: "a", size: 10 });
    expect(Object.hasOwn(inputs, "limit")).toBe(false);
  });

  it("turns a schema that throws into a failure", async () => {
    const throwing = z.strictObject({
      a: z.string().transform((): string => {
        throw new Error("boom");
      }),
    });
    const { failures, inputs } = await toProvider(kindOf(throwing)).check({}, { a: "x" });
    expect(failures).toEqual([{ property: "", reason: "Sample could not be checked: boom" }]);
    expect(inputs).toEqual({ a: "x" });
  });

  it("walks through a schema that ends in a transform", async () => {
    const piped = z
      .strictObject({ a: z.int(), b: z.string() })
      .transform(({ a, b }) => ({ a, b: b.toUpperCase() }));
    const sample = toProvider(kindOf(piped));
    expect((await sample.check({}, { a: 1, b: "x" })).inputs).toEqual({ a: 1, b: "X" });
    expect(await sample.check({}, { a: "1", b: UNKNOWN })).toMatchObject({ failures: [{ property: "a" }] });
    expect(await sample.check({}, { a: 1, b: UNKNOWN })).toEqual({
      inputs: { a: 1, b: UNKNOWN },
      failures: [],
    });
  });

  it("brings known properties to canonical form by a final transform too", async () => {
    const canonical = z
      .strictObject({
        name: z.string(),
        subjects: z.array(z.string()).optional(),
        mode: z.string().optional(),
        copy: z.unknown().optional(),
      })
      .transform(({ mode, subjects, ...rest }) => ({
        ...rest,
        ...(mode === "plain" ? {} : { mode }),
        ...(rest.copy === undefined ? { subjects: (subjects ?? [rest.name]).toSorted() } : { subjects }),
        label: `${rest.name}!`,
      }));
    const inputs = async (news: object) =>
      (await toProvider(kindOf(canonical)).check({}, { ...news })).inputs;
    expect(await inputs({ name: UNKNOWN, mode: "plain", subjects: ["b", "a"] })).toEqual({
      name: UNKNOWN,
      subjects: ["a", "b"],
      label: UNKNOWN,
    });
    expect(await inputs({ name: "n", mode: "plain", copy: { from: UNKNOWN } })).toEqual({
      name: "n",
      copy: { from: UNKNOWN },
      label: "n!",
    });
    // A transform that can't stand the unknown runs without it.
    expect(await inputs({ name: "n", mode: "plain", subjects: UNKNOWN })).toEqual({
      name: "n",
      subjects: UNKNOWN,
      label: "n!",
    });
  });
});
