import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, formatBytes, parseBytes } from "../../../providers/jetstream/bytes.ts";
import {
  formatDuration,
  fromWireNanos,
  MAX_DURATION_MS,
  parseDuration,
  toWireNanos,
} from "../../../providers/jetstream/duration.ts";
import { bucketProblem, consumerNameProblem, streamNameProblem } from "../../../providers/jetstream/names.ts";
import {
  collide,
  covers,
  isSubset,
  subjectProblem,
  systemSpaceProblem,
} from "../../../providers/jetstream/subjects.ts";
import { atLeast, compareVersions } from "../../../providers/jetstream/version.ts";

const milliseconds = fc.integer({ min: 0, max: MAX_DURATION_MS });

describe("durations", () => {
  it.each([
    ["90d", 7_776_000_000],
    ["1h30m", 5_400_000],
    ["500ms", 500],
    [30, 30_000],
    [0.5, 500],
    [1.001, 1001],
    ["0s", 0],
  ])("reads %j", (value, expected) => {
    expect(parseDuration(value)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ["90", "has no unit"],
    ["1.5h", "has a fraction"],
    ["5us", "finer than a millisecond"],
    [0.0001, "whole number of milliseconds"],
    [-1, "is negative"],
    ["", "is not a duration"],
    ["1m1h", "is not a duration"],
    ["200000d", "292 years"],
    [Number.NaN, "whole number of milliseconds"],
  ])("refuses %j", (value, reason) => {
    expect(parseDuration(value)).toMatchObject({ ok: false, message: expect.stringContaining(reason) });
  });

  it("has one spelling that reads back", () => {
    fc.assert(
      fc.property(milliseconds, (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ ok: true, value: ms });
      }),
    );
  });

  it("travels as JSON without loss, also beyond 2^53 nanoseconds", () => {
    fc.assert(
      fc.property(milliseconds, (ms) => {
        const text = JSON.stringify(toWireNanos(ms));
        expect(BigInt(text)).toBe(BigInt(ms) * 1_000_000n);
        expect(fromWireNanos(JSON.parse(text) as number)).toBe(ms);
      }),
    );
  });

  it("rounds what other tools set finer than a millisecond", () => {
    expect(fromWireNanos(Number("31536000123456789"))).toBe(31536000123);
  });
});

describe("sizes", () => {
  it.each([
    ["1GiB", 2 ** 30],
    [1024, 1024],
    ["1536MiB", 1536 * 2 ** 20],
    [-1, -1],
    ["unlimited", -1],
    ["1000B", 1000],
  ])("reads %j", (value, expected) => {
    expect(parseBytes(value)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ["1GB", "write 1GiB"],
    ["5m", "write 5MiB"],
    ["1.5GiB", "has a fraction"],
    ["1024", "has no unit"],
    [0, "no limit"],
    [-5, "not a size"],
    [1.5, "not a size"],
    ["lots", "not a size"],
  ])("refuses %j", (value, reason) => {
    expect(parseBytes(value)).toMatchObject({ ok: false, message: expect.stringContaining(reason) });
  });

  it.each([
    [2147483648, "2GiB"],
    [1610612736, "1536MiB"],
    [1000, "1000B"],
    [-1, "unlimited"],
  ])("spells %d as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("has one spelling that reads back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (n) => {
        expect(bytesOf(formatBytes(n))).toBe(n);
      }),
    );
  });
});

describe("subjects", () => {
  it.each([
    ["a.b.c", "a.b", false],
    ["*.b", "a.b", true],
    ["w.>", "*.b", true],
    ["a.>", "a", false],
    [">", "a", true],
    ["a.*.c", "a.b.>", true],
    ["a.*.c", "a.b", false],
    ["$KV.>", "$KV.jobs.>", true],
    ["orders", "order", false],
  ])("%s and %s collide: %s", (a, b, expected) => {
    expect(collide(a, b)).toBe(expected);
    expect(collide(b, a)).toBe(expected);
  });

  it.each([
    ["a.b", "a.*", true],
    ["a.>", "a.*", false],
    ["a.*", "a.>", true],
    [">", "a.>", false],
    ["a.>", "a.>", true],
    ["a", "a.>", false],
    ["*.b", "a.b", false],
  ])("%s within %s: %s", (inner, outer, expected) => {
    expect(covers(outer, inner)).toBe(expected);
    expect(isSubset(inner, ["other", outer])).toBe(expected);
  });

  const literal = fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 3 });
  const pattern = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "*"), { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([tokens, tail]) => [...tokens, ...(tail ? [">"] : [])]);
  const matches = (subject: string[], filter: string[]): boolean =>
    filter.at(-1) === ">"
      ? subject.length >= filter.length &&
        filter.slice(0, -1).every((token, i) => token === "*" || token === subject[i])
      : subject.length === filter.length && filter.every((token, i) => token === "*" || token === subject[i]);
  const literals = ["a", "b"].flatMap((a) => [
    [a],
    ...["a", "b"].flatMap((b) => [
      [a, b],
      ...["a", "b"].flatMap((c) => [
        [a, b, c],
        [a, b, c, "a"],
      ]),
    ]),
  ]);

  it("collide exactly when a literal matches both", () => {
    fc.assert(
      fc.property(pattern, pattern, (a, b) => {
        const both = literals.some((subject) => matches(subject, a) && matches(subject, b));
        if (both) expect(collide(a.join("."), b.join("."))).toBe(true);
        if (!collide(a.join("."), b.join("."))) expect(both).toBe(false);
      }),
    );
  });

  it("cover only what every literal of the inner matches", () => {
    fc.assert(
      fc.property(pattern, pattern, literal, (outer, inner, subject) => {
        if (covers(outer.join("."), inner.join(".")) && matches(subject, inner))
          expect(matches(subject, outer)).toBe(true);
      }),
    );
  });

  it.each([
    ["a..b", "empty token"],
    [".a", "empty token"],
    ["a b", "white space"],
    ["a.>.b", "goes on after"],
    ["", "is empty"],
  ])("refuses %j", (subject, reason) => {
    expect(subjectProblem(subject)).toContain(reason);
  });

  it.each(["a*b.c", "a>", "$JS.x", "*"])("takes %j", (subject) => {
    expect(subjectProblem(subject)).toBeUndefined();
  });

  it.each([
    ["$JS.API.>", true],
    [">", true],
    ["$JS.EVENT.>", false],
    ["$SYS.ACCOUNT.x", false],
    ["$SYS.>", true],
    ["orders.>", false],
    ["*.b", false],
  ])("%s belongs to the server: %s", (subject, taken) => {
    expect(systemSpaceProblem(subject) !== undefined).toBe(taken);
  });
});

describe("names", () => {
  it.each(["a.b", "a b", "a*", "a>", "a/b", "a\\b", "", "a\tb", "x".repeat(256), "é".repeat(128)])(
    "refuses stream %j",
    (name) => {
      expect(streamNameProblem(name)).toBeDefined();
      expect(consumerNameProblem(name)).toBeDefined();
    },
  );
  it.each(["RESULTS", "a!b", "$X", "é", "x".repeat(255)])("takes stream %j", (name) => {
    expect(streamNameProblem(name)).toBeUndefined();
  });
  it("counts the prefix of a bucket's stream", () => {
    expect(bucketProblem("x".repeat(252), "KV_")).toBeUndefined();
    expect(bucketProblem("x".repeat(253), "KV_")).toContain("at most 252");
    expect(bucketProblem("x".repeat(252), "OBJ_")).toContain("at most 251");
    expect(bucketProblem("a.b", "KV_")).toContain("not a bucket name");
  });
});

describe("versions", () => {
  it("are ordered as releases are", () => {
    const ordered = [
      "2.9.1",
      "2.9.25",
      "2.10.0",
      "2.11.0-dev",
      "2.11.0",
      "2.12.0-RC.1",
      "2.12.0-RC.2",
      "2.12.0-RC.10",
      "2.12.0",
      "2.14.9",
    ];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
  });
  it("takes a pre-release for having what its release has", () => {
    expect(atLeast("2.11.0-dev", "2.11.0")).toBe(true);
    expect(atLeast("2.12.0-RC.1", "2.12.0")).toBe(true);
    expect(atLeast("2.10.27", "2.11.0")).toBe(false);
  });
});
