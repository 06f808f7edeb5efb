import type { dynamic } from "@pulumi/pulumi";
import fc from "fast-check";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { afterEach, describe, expect, expectTypeOf, it, vi } from "vitest";
import { z } from "zod";
import { PartialFailure, SlipwayError } from "../../../providers/kernel/errors.ts";
import type { Change, Kind, Plan } from "../../../providers/kernel/kind.ts";
import { InitFailure } from "../../../providers/kernel/leaving.ts";
import { MAX_MESSAGE_BYTES, MAX_PARTIAL_BYTES } from "../../../providers/kernel/limits.ts";
import { type DynamicProvider, toProvider } from "../../../providers/kernel/provider.ts";
import { UNKNOWN } from "../../../providers/kernel/unknown.ts";
import { type Wire, wireSize } from "../../../providers/kernel/wire.ts";
import { anything } from "./arbitrary.ts";

const schema = z.looseObject({ name: z.unknown(), adopt: z.unknown().optional() });
type Input = z.output<typeof schema>;
type Computed = { seen: unknown };

/** A kind whose effects all give or throw the same thing. */
function kindThat(
  effect: () => unknown,
  plan: () => Plan = () => ({ action: "none", changes: [] }),
): Kind<Input, Computed> {
  const act = async () => effect() as never;
  return {
    name: "Junk",
    version: 1,
    migrations: [],
    schema,
    computedKeys: ["seen"],
    transientKeys: ["adopt"],
    plan,
    create: act,
    read: act,
    update: act,
    delete: act,
  };
}

afterEach(() => vi.restoreAllMocks());

const TEXT = { __provider: "text" };
const state = { ...TEXT, name: "a", seen: 1, v: 1 };
const outcomes = async (provider: DynamicProvider) =>
  Promise.allSettled([
    provider.create({ ...TEXT, name: "a" }),
    provider.update("a", state, { ...TEXT, name: "a" }),
    provider.read("a", state),
    provider.read("a", TEXT),
    provider.delete("a", state),
    provider.diff("a", state, { ...TEXT, name: "b" }),
  ]);

function expectSafe(properties: object): void {
  const plain = properties as Record<string, struct.JavaScriptValue>;
  expect(struct.Struct.fromJavaScript(plain).toJavaScript()).toEqual(properties);
  expect(JSON.parse(JSON.stringify(properties))).toEqual(properties);
}

function expectSafeError(error: unknown): void {
  expect(error instanceof SlipwayError || error instanceof InitFailure).toBe(true);
  const thrown = error as Error & { id?: string; properties?: Record<string, Wire>; reasons?: string[] };
  for (const key of ["code", "details", "metadata"]) expect(key in thrown).toBe(false);
  expect(thrown.message).not.toBe("");
  expect(thrown.stack).toBe(error instanceof InitFailure ? thrown.message : "");
  expect(Buffer.byteLength(thrown.message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  if (!(error instanceof InitFailure)) return;
  expect(error.id).not.toBe("");
  expect(error.properties).toMatchObject({ ...TEXT, v: 1 });
  expect(error.reasons).toEqual([error.message]);
  expect(wireSize(error.properties) + Buffer.byteLength(error.message)).toBeLessThanOrEqual(
    MAX_PARTIAL_BYTES,
  );
  expectSafe(error.properties);
}

const stored = fc.record({ id: fc.oneof(fc.string(), anything), input: anything, computed: anything });
const junk = fc.oneof(
  anything,
  stored,
  fc.record({
    id: fc.constant("x"),
    input: fc.dictionary(fc.string(), anything),
    computed: fc.record({ seen: anything }),
  }),
);
const thrown = fc.oneof(
  anything,
  fc
    .record({ message: fc.string(), code: fc.nat(), id: fc.string() })
    .map((fields) => Object.assign(new Error(), fields)),
  fc
    .tuple(fc.string({ unit: "binary", maxLength: 20_000, size: "max" }), fc.nat())
    .map(([detail, code]) =>
      Object.assign(
        new SlipwayError({ errorCode: "conflict", kind: "Junk", resource: "a", detail, remedy: "r" }),
        code % 2 ? { code } : {},
      ),
    ),
  fc
    .tuple(fc.oneof(fc.string(), anything), stored, anything)
    .map(([id, record, cause]) => new PartialFailure(id as string, record, cause)),
  fc
    .array(fc.string({ minLength: 3_000, maxLength: 9_000 }), { minLength: 5, maxLength: 9 })
    .map(
      (big) => new PartialFailure("x", { input: { name: "a", ...big }, computed: { seen: big } }, big.join()),
    ),
);

describe("whatever a kind does", () => {
  it("only what the wire carries comes back", async () => {
    await fc.assert(
      fc.asyncProperty(junk, async (value) => {
        for (const outcome of await outcomes(toProvider(kindThat(() => value)))) {
          if (outcome.status === "rejected") expectSafeError(outcome.reason);
          else if (outcome.value !== undefined) expectSafe(outcome.value);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("only errors of our own come out", async () => {
    await fc.assert(
      fc.asyncProperty(thrown, async (error) => {
        const provider = toProvider(
          kindThat(() => {
            throw error;
          }),
        );
        for (const outcome of (await outcomes(provider)).slice(0, 5)) {
          expect(outcome.status).toBe("rejected");
          if (outcome.status === "rejected") expectSafeError(outcome.reason);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("diff", () => {
  const change = (path: string, effect: Change["effect"], more: Partial<Change> = {}): Change => ({
    path,
    before: 1,
    after: 2,
    effect,
    ...more,
  });
  const planning = (action: Plan["action"], ...changes: Change[]) =>
    toProvider(
      kindThat(
        () => undefined,
        () => ({ action, changes }),
      ),
    );

  /** As the engine plans: of inputs that were just checked. */
  const diff = async (provider: DynamicProvider, news: Record<string, unknown>) =>
    provider.diff("x", state, (await provider.check({}, news)).inputs);

  it("leaves `changes` to the engine for an ordinary edit", async () => {
    expect(await diff(planning("update", change("a", "update")), { name: "b" })).toEqual({});
  });

  it("says that nothing changed when only a permission did", async () => {
    expect(await diff(planning("none"), { name: "a", adopt: "always" })).toEqual({
      changes: false,
    });
  });

  it("asks for each replaced top-level property once", async () => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const provider = planning(
      "replace",
      change("b.c", "replace"),
      change("u", "update"),
      change("b.d", "replace"),
      change("a[0].e", "replace"),
    );
    expect(await diff(provider, { name: "a" })).toEqual({
      replaces: ["a", "b"],
      deleteBeforeReplace: true,
    });
  });

  it.each([
    [undefined, true],
    [true, true],
    [false, false],
  ])("tells the deletion of a replacement only with consent: %s", async (consented, replacing) => {
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    const seen: boolean[] = [];
    const provider = toProvider({
      ...kindThat(
        () => undefined,
        () => ({
          action: "replace",
          changes: [change("name", "replace")],
          ...(consented === undefined ? {} : { consented }),
        }),
      ),
      delete: async (context) => {
        seen.push(context.replacing);
      },
    });
    await diff(provider, { name: "b" });
    await provider.delete("x", state);
    expect(seen).toEqual([replacing]);
  });

  it("keeps what another resource took over in the same run", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const deleted: string[] = [];
    const provider = toProvider({
      ...kindThat(() => ({ id: "x", input: { name: "a" }, computed: {} })),
      delete: async (_context, id) => {
        deleted.push(id);
      },
    });
    await provider.create({ ...TEXT, name: "a", owner: "p/s/new" });
    await provider.delete("x", { ...state, owner: "p/s/old" });
    expect(deleted).toEqual([]);
    expect(log).toHaveBeenCalledWith("Junk a: kept, it is p/s/new now");
    await provider.delete("x", { ...state, owner: "p/s/new" });
    expect(deleted).toEqual(["x"]);
  });

  it("names every refused change in one error", async () => {
    const provider = planning(
      "refused",
      change("a", "refused", { reason: "too late", remedy: "wait" }),
      change("u", "update"),
      change("b", "refused", { remedy: "wait" }),
    );
    await expect(diff(provider, { name: "a" })).rejects.toThrow(
      [
        "Junk a: 2 changes are not allowed: a, b [refused]",
        "  a changes from 1 to 2: too late",
        "  b changes from 1 to 2",
        "  to do: wait",
      ].join("\n"),
    );
  });

  it("plans on known properties only", async () => {
    const seen: unknown[] = [];
    const kind = kindThat(() => undefined);
    const provider = toProvider({
      ...kind,
      plan: (prior, next) => {
        seen.push(next);
        return {
          action: prior.name === next.name ? "none" : "replace",
          changes: [change("name", "replace")],
        };
      },
    });
    expect(await diff(provider, { name: [UNKNOWN], size: 5 })).toEqual({});
    expect(seen).toEqual([{ name: "a", size: 5 }]);
    expect(await diff(provider, { name: "a", adopt: UNKNOWN })).toEqual({ changes: false });
  });

  it("refuses nothing, announces nothing and remembers nothing when inputs weren't declared", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const refusing = planning("refused", change("a", "refused"));
    expect(await refusing.diff("x", state, { name: "b" })).toEqual({});
    await expect(diff(refusing, { name: "b" })).rejects.toThrow("[refused]");

    const replacements: boolean[] = [];
    const provider = toProvider({
      ...kindThat(
        () => undefined,
        () => ({ action: "replace", changes: [change("a", "replace")] }),
      ),
      delete: async (context) => void replacements.push(context.replacing),
    });
    await provider.diff("x", state, { name: "b" });
    await provider.delete("x", state);
    expect(log).not.toHaveBeenCalled();
    await diff(provider, { size: 1, name: "b" });
    await provider.diff("x", state, { name: "b", size: 1 });
    await provider.delete("x", state);
    await provider.delete("x", state);
    expect(replacements).toEqual([false, true, false]);
    expect(log).toHaveBeenCalledTimes(1);
  });

  it("waits with a refusal for a permission that isn't known yet", async () => {
    const provider = planning("refused", change("a", "refused"));
    expect(await diff(provider, { name: "a", adopt: UNKNOWN })).toEqual({});
    await expect(diff(provider, { name: "a", adopt: true })).rejects.toThrow("[refused]");
  });
});

describe("a provider", () => {
  it("is what Pulumi's own type asks for", () => {
    expectTypeOf<DynamicProvider>().toExtend<dynamic.ResourceProvider>();
  });

  it("says so when a kind names a property as Pulumi does", () => {
    const kind = kindThat(() => undefined);
    const reserved = schema.extend({ urn: z.string().optional() });
    expect(() => toProvider({ ...kind, schema: reserved })).toThrow("reserved property names: urn");
    expect(() => toProvider({ ...kind, computedKeys: ["name"] as never })).toThrow(
      "both input and computed: name",
    );
  });

  it("survives a configure without config", async () => {
    await expect(
      toProvider(kindThat(() => undefined)).configure(undefined as never),
    ).resolves.toBeUndefined();
  });
});
