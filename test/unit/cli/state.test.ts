import { describe, expect, it } from "vitest";
import { healsFromLostState, maySkipCheckpoints } from "../../../cli/checkpoints.ts";
import { changesInEventLog, describeChanges } from "../../../cli/pulumi/event-log.ts";
import { checkpointSchema, nameOfUrn, typeOfUrn } from "../../../cli/state/deployment.ts";
import { settlePending } from "../../../cli/state/pending.ts";

const STREAM = "pulumi-nodejs:dynamic/slipway:Stream";
const CANISTER = "pulumi-nodejs:dynamic/slipway:Canister";
const urnOf = (type: string, name: string) =>
  `urn:pulumi:dev::slipway::slipway:messaging:Messaging$${type}::${name}`;

describe("URNs", () => {
  it("give type and name, also of a child and with colons in the name", () => {
    expect(typeOfUrn(urnOf(STREAM, "a"))).toBe(STREAM);
    expect(nameOfUrn(urnOf(STREAM, "a::b"))).toBe("a::b");
  });
});

describe("maySkipCheckpoints", () => {
  const facts = {
    wanted: false,
    fileBackend: true,
    types: ["pulumi:pulumi:Stack", "slipway:messaging:Messaging", "pulumi:providers:pulumi-nodejs", STREAM],
    config: { "slipway:nats": {}, "slipway:ground": "embedded", "aws:region": "eu" } as Record<
      string,
      unknown
    >,
  };
  it("is so for kinds that heal, on a file backend", () => {
    expect(maySkipCheckpoints(facts)).toBe(true);
    expect(maySkipCheckpoints({ ...facts, types: [] })).toBe(true);
  });
  it.each([
    ["--checkpoints", { wanted: true }],
    ["another backend", { fileBackend: false }],
    ["a kind in the state that isn't known to heal", { types: [...facts.types, CANISTER] }],
    ["a kind of somebody else", { types: ["kubernetes:core/v1:Namespace"] }],
    [
      "a section that declares what isn't in the state yet",
      { config: { ...facts.config, "slipway:canisters": {} } },
    ],
  ])("is not so with %s", (_, change) => {
    expect(maySkipCheckpoints({ ...facts, ...change })).toBe(false);
  });
  it("isn't put off by a credential", () => {
    const config = { ...facts.config, "slipway:token": { secure: "v1:x" } };
    expect(maySkipCheckpoints({ ...facts, config })).toBe(true);
  });
  it("knows a provider, but not what only sounds like one of ours", () => {
    expect(healsFromLostState("pulumi:providers:pulumi-nodejs")).toBe(true);
    expect(healsFromLostState("pulumi-nodejs:dynamic/slipway:StreamOfSomethingElse")).toBe(false);
  });
});

describe("settlePending", () => {
  const pending = (type: string, operation: string) => ({
    type: operation,
    resource: { urn: urnOf(type, "x"), type, custom: true },
  });
  const checkpoint = (operations: unknown[] | null) =>
    checkpointSchema.parse({
      version: 3,
      deployment: {
        manifest: { magic: "m" },
        resources: [{ urn: "u", type: STREAM, unknown: 1 }],
        pending_operations: operations,
      },
    });

  it("clears what heals and keeps every other field as it was", () => {
    const { checkpoint: settled, cleared, left } = settlePending(checkpoint([pending(STREAM, "creating")]));
    expect(cleared.map((operation) => operation.type)).toEqual(["creating"]);
    expect(left).toEqual([]);
    expect(settled).toEqual({
      version: 3,
      deployment: { manifest: { magic: "m" }, resources: [{ urn: "u", type: STREAM, unknown: 1 }] },
    });
  });

  it("leaves for a person what doesn't heal", () => {
    const { checkpoint: settled, left } = settlePending(
      checkpoint([pending(CANISTER, "creating"), pending(STREAM, "updating")]),
    );
    expect(left.map((operation) => operation.resource.type)).toEqual([CANISTER]);
    expect(settled.deployment.pending_operations).toEqual([pending(CANISTER, "creating")]);
  });

  it("changes nothing when nothing is pending", () => {
    for (const operations of [null, []]) {
      const before = checkpoint(operations);
      expect(settlePending(before)).toEqual({ checkpoint: before, cleared: [], left: [] });
    }
  });
});

describe("the event log", () => {
  const line = (event: unknown) => JSON.stringify(event);
  const summary = (resourceChanges: Record<string, number>, isPreview = false) =>
    line({ sequence: 1, summaryEvent: { resourceChanges, isPreview } });

  it("tells the update's own summary, not the preview's before it", () => {
    const log = [
      summary({ create: 9 }, true),
      summary({ create: 3, same: 1 }),
      line({ cancelEvent: {} }),
      "",
    ].join("\n");
    expect(changesInEventLog(log)).toEqual({ create: 3, same: 1 });
  });
  it("tells nothing when the run was killed in the middle of a line", () => {
    expect(changesInEventLog(`${summary({ create: 9 }, true)}\n{"summaryEvent":{"resou`)).toBeUndefined();
    expect(changesInEventLog("")).toBeUndefined();
  });
  it.each([
    [{ create: 25, same: 3 }, "25 created, 3 unchanged"],
    [{ update: 1, delete: 2, replace: 1 }, "1 updated, 1 replaced, 2 deleted"],
    [{ same: 28 }, "no changes, 28 unchanged"],
    [{}, "no changes"],
  ])("%j is %s", (counts, told) => {
    expect(describeChanges(counts as Record<string, number>)).toBe(told);
  });
});
