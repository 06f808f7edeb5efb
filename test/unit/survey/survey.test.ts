import { describe, expect, it } from "vitest";
import type { Finding } from "../../../providers/kernel/finding.ts";
import { describeFinding, sortFindings } from "../../../survey/report.ts";
import { type Surveyor, survey, Unreachable } from "../../../survey/survey.ts";

const finding = (over: Partial<Finding>): Finding => ({
  severity: "warning",
  code: "a.b",
  resource: "Stream A",
  message: "something",
  facts: {},
  remedy: "do it",
  ...over,
});

const surveyor = (look: Surveyor<number>["look"]): Surveyor<number> => ({
  ground: "NATS",
  look,
  forecastOffline: () => [finding({ code: "offline" })],
  forecast: (facts) => [finding({ code: `live.${facts}` })],
});

const codes = (findings: readonly Finding[]) => findings.map(({ severity, code }) => `${severity} ${code}`);

describe("survey", () => {
  it("gives the facts and what both forecasts found", async () => {
    const result = await survey(
      surveyor(async () => 7),
      { deadlineMs: 1000, mustReach: true },
    );
    expect(result.facts).toBe(7);
    expect(codes(result.findings)).toEqual(["warning offline", "warning live.7"]);
  });

  it("goes on with a warning in a preview when nobody answers", async () => {
    const silent = surveyor(async () => Promise.reject(new Unreachable("connection refused")));
    const result = await survey(silent, { deadlineMs: 1000, mustReach: false });
    expect(result.facts).toBeUndefined();
    expect(codes(result.findings)).toEqual(["warning offline", "warning ground.unreachable"]);
    expect(result.findings[1]?.message).toContain("connection refused");
  });

  it("fails an up when nobody answers", async () => {
    const silent = surveyor(async () => Promise.reject(new Unreachable("connection refused")));
    const result = await survey(silent, { deadlineMs: 1000, mustReach: true });
    expect(codes(result.findings)).toEqual(["warning offline", "error ground.unreachable"]);
  });

  it("gives up at the deadline and tells the look so", async () => {
    let told = false;
    const hanging = surveyor(
      (signal) =>
        new Promise(() => {
          signal.addEventListener("abort", () => {
            told = true;
          });
        }),
    );
    const result = await survey(hanging, { deadlineMs: 5, mustReach: false });
    expect(codes(result.findings)).toContain("warning ground.unreachable");
    expect(told).toBe(true);
  });

  it("does not take another failure for an unreachable ground", async () => {
    const broken = surveyor(async () => Promise.reject(new Error("wrong credentials")));
    await expect(survey(broken, { deadlineMs: 1000, mustReach: false })).rejects.toThrow("wrong credentials");
  });
});

describe("findings", () => {
  it("come errors first, then by resource and code", () => {
    const sorted = sortFindings([
      finding({ severity: "note", resource: "Stream A" }),
      finding({ severity: "warning", resource: "Stream B" }),
      finding({ severity: "error", resource: "Stream C" }),
      finding({ severity: "warning", resource: "Stream A", code: "z" }),
      finding({ severity: "warning", resource: "Stream A", code: "a" }),
    ]);
    expect(sorted.map((item) => `${item.severity} ${item.resource} ${item.code}`)).toEqual([
      "error Stream C a.b",
      "warning Stream A a",
      "warning Stream A z",
      "warning Stream B a.b",
      "note Stream A a.b",
    ]);
  });

  it("name the resource, the place and the remedy", () => {
    const text = describeFinding(finding({ path: "slipway:nats.streams.A" }));
    expect(text).toBe("Stream A: something [a.b]\n  at: slipway:nats.streams.A\n  to do: do it");
  });
});
