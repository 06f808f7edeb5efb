import { describe, expect, it } from "vitest";
import { EXTRA_REQUESTS_OF_UP, judge, MAX_REQUESTS_UNCHANGED } from "../../../bench/jetstream/goals.ts";
import type { Pass, Round } from "../../../bench/jetstream/measure.ts";
import { PHASE_NAMES, perPhase } from "../../../bench/jetstream/phases.ts";
import { renderReport } from "../../../bench/jetstream/render.ts";
import { makeReport } from "../../../bench/jetstream/report.ts";
import { median } from "../../../bench/measure.ts";
import { markdownTable } from "../../../bench/table.ts";

const COUNT = 500;

const pass = (seconds: number, requests: number): Pass => ({
  seconds: perPhase(() => seconds),
  requests: perPhase(() => requests),
  stateBytes: 1_000 * COUNT,
});

const round = (jetstream: Pass, doNothing: Pass): Round => ({
  floor: { create: 0.2, list: 0.1, update: 0.2, destroy: 0.2 },
  jetstream,
  doNothing,
  versions: { pulumi: "3.259.0", "nats-server": "2.14.9" },
});

const report = (rounds: readonly Round[], load = { before: 0, after: 1 }) =>
  makeReport({
    date: "2026-01-02",
    count: COUNT,
    machine: { cores: 2, processor: "P", memory: 2 ** 30, platform: "linux-x64", versions: { node: "24" } },
    load,
    rounds,
  });

describe("median", () => {
  it("is the middle one, whatever the order", () => expect(median([9, 1, 4])).toBe(4));
  it("is the mean of the two in the middle", () => expect(median([1, 2, 10, 4])).toBe(3));
  it("is not defined for nothing", () => expect(() => median([])).toThrow(RangeError));
});

describe("the goals", () => {
  const judged = (ratio: number, requests: number, count = COUNT) =>
    judge({
      count,
      jetstream: perPhase(() => 4 * ratio),
      doNothing: perPhase(() => 4),
      requests: perPhase(() => requests),
    });
  const of = (subject: string, goals: ReturnType<typeof judge>) =>
    goals.filter((goal) => goal.subject === subject);

  it("allow a quarter on top of do-nothing, and no more", () => {
    expect(of("ratio", judged(1.25, 0)).map(({ met }) => met)).toEqual(PHASE_NAMES.map(() => true));
    expect(of("ratio", judged(1.26, 0)).map(({ met }) => met)).toEqual(PHASE_NAMES.map(() => false));
  });

  it("count the requests of an up, and of runs in which nothing is to be done", () => {
    const met = (requests: number) =>
      Object.fromEntries(of("requests", judged(1, requests)).map((goal) => [goal.phase, goal.met]));
    const unchanged = { preview: true, unchanged: true, refresh: true };
    expect(met(MAX_REQUESTS_UNCHANGED)).toEqual({ up: true, ...unchanged });
    expect(met(COUNT + EXTRA_REQUESTS_OF_UP)).toMatchObject({ up: true, preview: false });
    expect(met(COUNT + EXTRA_REQUESTS_OF_UP + 1)).toMatchObject({ up: false });
  });

  it("hold OpenTofu's figures only against as many streams", () => {
    expect(of("opentofu", judged(1, 0)).map(({ phase }) => phase)).toEqual([
      "up",
      "preview",
      "update",
      "destroy",
    ]);
    expect(of("opentofu", judged(1, 0, 499))).toEqual([]);
  });
});

describe("a report", () => {
  const rounds = [
    round(pass(4, 3), pass(4, 0)),
    round(pass(9, 6), pass(5, 0)),
    round(pass(5, 3), pass(9, 0)),
  ];

  it("takes medians of times and the most of requests", () => {
    const { jetstream, doNothing, runs } = report(rounds);
    expect(runs).toBe(3);
    expect(jetstream.seconds.up).toBe(5);
    expect(jetstream.runs.up).toEqual([4, 9, 5]);
    expect(jetstream.requests.preview).toBe(6);
    expect(doNothing.seconds.up).toBe(5);
    expect(jetstream.stateBytesPerResource).toBe(1_000);
  });

  it("marks every goal in its table", () => {
    const made = report(rounds);
    const marks = [
      ...renderReport(made)
        .join("\n")
        .matchAll(/\d [✓✗]/g),
    ];
    expect(marks).toHaveLength(made.goals.length);
  });

  it("says when others were at work", () => {
    const busy = (before: number, after: number) =>
      renderReport(report(rounds, { before, after })).some((line) => line.includes("Others were at work"));
    expect([busy(0.5, 3), busy(1.5, 3), busy(0.5, 4)]).toEqual([false, true, true]);
  });
});

describe("a table", () => {
  it("is Markdown with padded cells", () => {
    expect(
      markdownTable([{ title: "a" }, { title: "number", align: "right" }], [["long one", "7"], ["b"]]),
    ).toEqual([
      "| a        | number |",
      "| -------- | -----: |",
      "| long one |      7 |",
      "| b        |        |",
    ]);
  });
});
