import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { messagingChild } from "../../components/naming.ts";
import { loadEnvironment } from "../../config/load.ts";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const registered: Registered[] = [];

const load = (nats: object, profile = "dev") =>
  loadEnvironment(
    {
      "slipway:profile": profile,
      "slipway:ground": "embedded",
      "slipway:nats": JSON.stringify(nats),
    },
    { ownerOf: (key) => `project/stack/${messagingChild(key)}` },
  );

/** Registers an environment against mocks of the engine and gives what was registered, in order. */
async function register(nats: object): Promise<readonly Registered[]> {
  const { Environment } = await import("../../components/environment.ts");
  registered.length = 0;
  const outlook = { findings: [], messaging: undefined, offline: true };
  const environment = new Environment("fleet", { config: load(nats), outlook });
  await new Promise<void>((resolve) => {
    environment.messaging?.reservedBytes.apply(() => resolve());
  });
  await pulumi.runtime.disconnect();
  return registered;
}

const ofType = (kind: string) =>
  registered.filter(({ type }) => type === `pulumi-nodejs:dynamic/slipway:${kind}`);

afterEach(() => vi.restoreAllMocks());

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        registered.push({ type: args.type, name: args.name, inputs: args.inputs });
        return { id: `${args.name}-id`, state: args.inputs };
      },
      call: (args) => args.inputs,
    },
    "project",
    "stack",
  );
});

describe("the fleet preset", () => {
  it("registers every resource under its kind's type, with its name and owner", async () => {
    await register({ preset: "fleet" });
    expect(ofType("Stream")).toHaveLength(7);
    expect(ofType("KeyValue")).toHaveLength(13);
    expect(ofType("ObjectStore")).toHaveLength(5);
    const results = ofType("Stream").find(({ name }) => name === "fleet-messaging-RESULTS");
    expect(results?.inputs).toMatchObject({
      name: "RESULTS",
      maxBytes: "2GiB",
      maxAge: "30d",
      owner: "project/stack/fleet-messaging-RESULTS",
    });
  });

  it("marks every resource as the config's forecasts expect it", async () => {
    const declared = load({ preset: "fleet" }).messaging?.declared ?? [];
    await register({ preset: "fleet" });
    const owners = registered.flatMap(({ inputs }) => inputs.owner ?? []);
    expect(owners.sort()).toEqual(declared.map(({ input }) => input.owner).sort());
  });
});

describe("order", () => {
  it("makes streams before their mirrors and consumers, whatever their names", async () => {
    await register({
      streams: { A_COPY: { mirror: { name: "ORIGIN" } }, ORIGIN: { subjects: ["o.>"] } },
      consumers: { A_READER: { stream: "ORIGIN", ackPolicy: "explicit" } },
    });
    const names = registered.map(({ name }) => name);
    const position = (key: string) => names.indexOf(`fleet-messaging-${key}`);
    expect(position("ORIGIN")).toBeGreaterThan(-1);
    expect(position("A_COPY")).toBeGreaterThan(position("ORIGIN"));
    expect(position("A_READER")).toBeGreaterThan(position("ORIGIN"));
  });
});

/** What the engine is told of a resource beside its properties. */
interface Request {
  getName(): string;
  getDeletebeforereplace(): boolean;
  getDeletedwith(): string;
  getReplaceWithList(): string[];
}

describe("a replacement", () => {
  it("deletes first, and takes the consumers of its stream along, a bucket's too", async () => {
    const asked = vi.spyOn(MockMonitor.prototype, "registerResource");
    await register({
      streams: { A: {} },
      buckets: { b: {} },
      consumers: { of_a: { stream: "A" }, of_b: { stream: "KV_b" }, of_none: { stream: "ELSEWHERE" } },
    });
    const requests = asked.mock.calls.map(([request]) => request as Request);
    const of = (key: string) =>
      requests.find((request) => request.getName() === `fleet-messaging-${key}`) as Request;
    for (const key of ["A", "b", "of_a", "of_none"]) expect(of(key).getDeletebeforereplace()).toBe(true);
    const holder = (key: string) => [of(key).getDeletedwith(), ...of(key).getReplaceWithList()];
    expect(holder("of_a")).toEqual(Array(2).fill(expect.stringMatching(/:Stream::fleet-messaging-A$/)));
    expect(holder("of_b")).toEqual(Array(2).fill(expect.stringMatching(/:KeyValue::fleet-messaging-b$/)));
    expect(holder("of_none")).toEqual([""]);
  });
});
