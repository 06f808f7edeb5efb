import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../config/issue.ts";
import { type EnvironmentConfig, loadEnvironment } from "../../../config/load.ts";
import { FLEET_RESERVED_BYTES } from "../../../config/presets/fleet.ts";
import { reservedBytes } from "../../../providers/jetstream/storage.ts";

const load = (config: Record<string, unknown>): EnvironmentConfig =>
  loadEnvironment(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
    { ownerOf: (key) => `slipway/dev/${key}` },
  );

const issuesIn = (config: Record<string, unknown>): string[] => {
  try {
    load(config);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map((issue) => `${issue.path}: ${issue.message}`);
    throw error;
  }
  return [];
};

const embedded = (nats: object) => ({ "slipway:ground": "embedded", "slipway:nats": nats });

describe("the fleet preset", () => {
  const messaging = load(embedded({ preset: "fleet" })).messaging;

  it("is 7 streams, 13 buckets and 5 object stores", () => {
    const kinds = messaging?.declared.map((item) => item.kind) ?? [];
    expect(kinds.filter((kind) => kind === "Stream")).toHaveLength(7);
    expect(kinds.filter((kind) => kind === "KeyValue")).toHaveLength(13);
    expect(kinds.filter((kind) => kind === "ObjectStore")).toHaveLength(5);
    expect(kinds).toHaveLength(25);
  });

  it("reserves 11609833472 bytes", () => {
    const sum = (messaging?.declared ?? []).reduce(
      (total, item) => total + (item.kind === "Consumer" ? 0 : reservedBytes(item)),
      0,
    );
    expect(sum).toBe(FLEET_RESERVED_BYTES);
  });

  it("holds its own invariants", () => {
    expect(messaging?.invariants).toHaveLength(3);
    for (const { left, right } of messaging?.invariants ?? []) {
      const value = ({ declared, property }: typeof left) =>
        (declared.input as unknown as Record<string, unknown>)[property];
      expect(value(left)).toBe(value(right));
    }
  });
});

describe("overrides", () => {
  const only = (nats: object, name: string) =>
    load(embedded(nats)).messaging?.declared.find((item) => item.name === name)?.input;

  it("change a property of the preset and keep the others", () => {
    const input = only({ preset: "fleet", streams: { RESULTS: { maxBytes: "4GiB" } } }, "Stream RESULTS");
    expect(input).toMatchObject({
      name: "RESULTS",
      maxBytes: "4GiB",
      maxAge: "30d",
      subjects: ["results.>"],
    });
  });

  it("take an entry away with null, and a property back to its default", () => {
    const nats = { preset: "fleet", streams: { AUDIT: null, RESULTS: { maxBytes: null } } };
    expect(only(nats, "Stream AUDIT")).toBeUndefined();
    expect(only(nats, "Stream RESULTS")).not.toHaveProperty("maxBytes");
  });

  it("name a resource by its key unless it says otherwise", () => {
    const nats = { streams: { orders: {}, legacy: { name: "OLD" } } };
    expect(only(nats, "Stream orders")).toMatchObject({ name: "orders" });
    expect(only(nats, "Stream legacy")).toMatchObject({ name: "OLD" });
  });

  it("take the deletion policy from the profile, and prod protects", () => {
    const nats = { streams: { A: {}, B: { deletionPolicy: "retain" } } };
    const dev = load({ ...embedded(nats), "slipway:profile": "dev" });
    const prod = load({ ...embedded(nats), "slipway:profile": "prod" });
    expect(dev.messaging?.declared.map((item) => item.input)).toMatchObject([
      { deletionPolicy: "delete" },
      { deletionPolicy: "retain" },
    ]);
    // `refuse` is the kind's own default, and defaults are left out.
    expect(prod.messaging?.declared[0]?.input).not.toHaveProperty("deletionPolicy");
    expect(prod.defaults.protect).toBe(true);
  });

  it("keep data where an environment elsewhere doesn't say what it is for", () => {
    const nats = { connection: { servers: "nats://localhost:4222" }, streams: { A: {} } };
    expect(load({ "slipway:nats": nats }).profile).toBe("staging");
    expect(load(embedded({ streams: {} })).profile).toBe("dev");
  });

  it("mark each resource with its owner", () => {
    expect(only({ streams: { A: {} } }, "Stream A")).toMatchObject({ owner: "slipway/dev/A" });
  });
});

describe("mistakes", () => {
  it("are all reported in one run, each with its path", () => {
    const issues = issuesIn({
      "slipway:ground": "embeded",
      "slipway:typo": "1",
      "slipway:nats": {
        storageBudget: "10GB",
        streams: {
          A: { maxAge: "30 days", maxBytes: "1GB", unknownField: 1, replicas: "three" },
          "a.b": {},
        },
        buckets: { "bad bucket": {}, ok: { history: 65 } },
        objectStores: { files: { ttl: -1 } },
        consumers: { worker: { stream: "A", ackPolicy: "sometimes" } },
      },
    });
    const paths = issues.map((issue) => /^(slipway:\S+?|slipway:.*?"\].*?): /.exec(issue)?.[1]);
    expect(paths).toEqual(
      expect.arrayContaining([
        "slipway:ground",
        "slipway:typo",
        "slipway:nats.storageBudget",
        "slipway:nats.streams.A.maxAge",
        "slipway:nats.streams.A.maxBytes",
        "slipway:nats.streams.A.unknownField",
        "slipway:nats.streams.A.replicas",
        "slipway:nats.buckets.ok.history",
        "slipway:nats.objectStores.files.ttl",
        "slipway:nats.consumers.worker.ackPolicy",
      ]),
    );
    expect(issues.some((issue) => issue.startsWith('slipway:nats.streams["a.b"].name'))).toBe(true);
    expect(issues.some((issue) => issue.startsWith('slipway:nats.buckets["bad bucket"].bucket'))).toBe(true);
  });

  it("come together with what the readable declarations do to each other", () => {
    const streams = {
      A: { subjects: ["a.>"] },
      B: { subjects: ["a.b"] },
      C: { maxMsgs: "ten" },
      D: { name: "A", subjects: ["d"] },
    };
    const issues = issuesIn(embedded({ streams }));
    expect(issues.some((issue) => issue.startsWith("slipway:nats.streams.C.maxMsgs"))).toBe(true);
    expect(issues.some((issue) => issue.includes("a.b"))).toBe(true);
    expect(issues.length).toBeGreaterThanOrEqual(3);
  });

  it("name the value, and what is allowed", () => {
    const [issue] = issuesIn(embedded({ streams: { A: { maxAge: "30 days" } } }));
    expect(issue).toContain('"30 days"');
    expect(issue).toContain("write it as 90d");
  });

  it("say so when a stack is external and names no servers", () => {
    expect(issuesIn({ "slipway:nats": { streams: {} } })).toEqual([
      expect.stringMatching(/^slipway:nats\.connection\.servers: is missing/),
    ]);
  });

  it("say so when an embedded stack names servers", () => {
    expect(issuesIn(embedded({ connection: { servers: "nats://localhost:4222" } }))).toEqual([
      expect.stringMatching(/^slipway:nats\.connection\.servers: can't be given/),
    ]);
  });

  it("refuse an owner in the config", () => {
    expect(issuesIn(embedded({ streams: { A: { owner: "me" } } }))).toEqual([
      expect.stringMatching(/^slipway:nats\.streams\.A\.owner/),
    ]);
  });

  it("name what is allowed, wherever the type is wrong", () => {
    expect(load(embedded({ streams: null })).messaging?.declared).toEqual([]);
    expect(issuesIn(embedded({ streams: [] }))).toEqual([
      expect.stringMatching(/^slipway:nats\.streams: .*write each under its name/),
    ]);
    expect(issuesIn(embedded({ streams: { A: 5 } }))).toEqual([
      expect.stringMatching(/^slipway:nats\.streams\.A: .*write properties under it/),
    ]);
    expect(issuesIn(embedded({ streams: JSON.parse('{"__proto__": {}, "constructor": {}}') }))).toEqual([
      expect.stringMatching(/^slipway:nats\.streams\.__proto__: .*choose another one/),
    ]);
  });

  it("take no word of a declaration for a secret's name, nor one of their own", () => {
    const nats = {
      connection: { token: { secret: "nats" } },
      streams: { A: { metadata: { secret: "nats" } } },
    };
    const { messaging } = load({ "slipway:ground": "embedded", "slipway:nats": nats });
    expect(messaging?.declared.map(({ name }) => name)).toEqual(["Stream A"]);
  });

  it("leave alone what a secret reference names, and other namespaces", () => {
    const config = {
      "slipway:natsToken": "hush",
      "kubernetes:context": "here",
      "slipway:nats": {
        connection: { servers: "nats://localhost:4222", token: { secret: "natsToken" } },
        streams: {},
      },
    };
    expect(issuesIn(config)).toEqual([]);
  });
});
