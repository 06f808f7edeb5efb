import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NatsSettingsError } from "../../../clients/nats/errors.ts";
import { connectionSchema, endpointKey, resolveSettings } from "../../../clients/nats/settings.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "slipway-settings-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const resolve = (
  connection: unknown,
  more: { env?: Record<string, string>; config?: Record<string, string> } = {},
) => {
  const config: Record<string, string> = { "slipway:nats": JSON.stringify({ connection }), ...more.config };
  return resolveSettings((key) => config[key], { env: more.env ?? {}, cwd });
};

const issuesOf = (work: () => unknown): string[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof NatsSettingsError) {
      return error.issues.map(({ path, message, remedy }) => `${path}: ${message}; ${remedy}`);
    }
    throw error;
  }
  throw new Error("was accepted");
};

describe("connection settings", () => {
  it("have defaults for everything but the servers", () => {
    expect(resolve({ servers: "nats://a:4222" }, { env: { PULUMI_NODEJS_PROJECT: "fleet" } })).toEqual({
      servers: ["nats://a:4222"],
      credentials: { by: "none" },
      apiPrefix: "$JS.API",
      connectTimeoutMs: 5_000,
      requestTimeoutMs: 5_000,
      replicatedTimeoutMs: 30_000,
      inFlight: 16,
      name: "slipway/fleet",
      embedded: false,
    });
  });

  it("take durations, a domain and several servers", () => {
    const settings = resolve({
      servers: ["tls://a:1", "b"],
      domain: "hub",
      requestTimeout: "1500ms",
      connectTimeout: "1m",
    });
    expect(settings).toMatchObject({
      servers: ["tls://a:1", "b"],
      apiPrefix: "$JS.hub.API",
      requestTimeoutMs: 1_500,
      connectTimeoutMs: 60_000,
    });
  });

  it("read credentials from a file, a variable and the encrypted config", () => {
    writeFileSync(join(cwd, "token"), "from a file\n");
    const by = (token: object) =>
      resolve(
        { servers: "a", token },
        { env: { TOKEN: "from env" }, config: { "fleet:token": "from config" } },
      ).credentials;
    expect(by({ file: "token" })).toEqual({ by: "token", secret: "from a file" });
    expect(by({ env: "TOKEN" })).toEqual({ by: "token", secret: "from env" });
    expect(by({ secret: "fleet:token" })).toEqual({ by: "token", secret: "from config" });
  });

  it("name what is missing behind a reference, and how to mend it", () => {
    expect(issuesOf(() => resolve({ servers: "a", token: { env: "NOPE" } }))).toEqual([
      "slipway:nats.connection.token: the variable NOPE is not set; export NOPE",
    ]);
    expect(issuesOf(() => resolve({ servers: "a", creds: { secret: "fleet:creds" } }))).toEqual([
      "slipway:nats.connection.creds: the config key fleet:creds is not set; pulumi config set --secret fleet:creds",
    ]);
    expect(issuesOf(() => resolve({ servers: "a", nkey: { file: "none" } }))[0]).toContain(
      `${cwd}/none can't be read`,
    );
  });

  it("refuse a secret written down", () => {
    for (const key of ["token", "creds", "nkey"]) {
      const [issue] = issuesOf(() => resolve({ servers: "a", [key]: "s3cret" }));
      expect(issue).toMatch(/can't stand here as text.*\{env: <variable>\}/);
      expect(issue).not.toContain("s3cret");
    }
    const [issue] = issuesOf(() => resolve({ servers: "nats://user:s3cret@a:4222" }));
    expect(issue).toContain("can't be part of the address");
    expect(issue).not.toContain("s3cret");
  });

  it("report every mistake in one go", () => {
    const connection = { servers: "a", token: "x", requestTimeout: "5", inFlight: 0, colour: "red" };
    const issues = issuesOf(() => resolve(connection));
    expect(issues.map((issue) => issue.split(":")[1]?.split(" ")[0] ?? issue).length).toBe(4);
    expect(issues.join("\n")).toMatch(/requestTimeout/);
    expect(issues.join("\n")).toMatch(/inFlight/);
    expect(issues.join("\n")).toMatch(/colour/);
  });

  it.each([
    [{ servers: "a", token: { env: "A" }, nkey: { env: "B" } }, /only one of token, nkey/],
    [{ servers: "a", user: "u" }, /goes with `user`/],
    [{ servers: "a", domain: "d", apiPrefix: "$JS.x.API" }, /not allowed beside `domain`/],
    [{ servers: "a", tls: { certFile: "c" } }, /certFile and keyFile go together/],
    [{ servers: "a b" }, /an address like/],
    [{}, /servers: is missing/],
  ])("refuse %j", (connection, message) => {
    expect(issuesOf(() => resolve(connection)).join("\n")).toMatch(message);
  });

  it("find the embedded ground, and say how to start it", () => {
    const embedded = { config: { "slipway:ground": "embedded" } };
    expect(issuesOf(() => resolve({}, embedded))[0]).toMatch(/not up.*npx slipway ground up/);
    mkdirSync(join(cwd, ".slipway/ground"), { recursive: true });
    const endpoints = JSON.stringify({ nats: { url: "nats://127.0.0.1:7" } });
    writeFileSync(join(cwd, ".slipway/ground/endpoints.json"), endpoints);
    expect(resolve({}, embedded)).toMatchObject({ servers: ["nats://127.0.0.1:7"], embedded: true });
    expect(resolve(undefined, embedded).servers).toEqual(["nats://127.0.0.1:7"]);
    expect(issuesOf(() => resolve({ servers: "a" }, embedded))[0]).toMatch(
      /not allowed where the ground is embedded/,
    );
    mkdirSync(join(cwd, "elsewhere/ground"), { recursive: true });
    writeFileSync(join(cwd, "elsewhere/ground/endpoints.json"), endpoints.replace(":7", ":8"));
    const env = { SLIPWAY_DIR: join(cwd, "elsewhere") };
    expect(resolve({}, { ...embedded, env }).servers).toEqual(["nats://127.0.0.1:8"]);
  });

  it("give one key for the same endpoint and credentials, without the secret in it", () => {
    const key = (token: string) =>
      endpointKey(resolve({ servers: "a", token: { env: "T" } }, { env: { T: token } }));
    expect(key("one")).toBe(key("one"));
    expect(key("one")).not.toBe(key("two"));
    expect(key("one")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("parse to what they were when already canonical", () => {
    expect(connectionSchema.parse({ servers: "a" })).toEqual(connectionSchema.parse({ servers: ["a"] }));
  });
});
