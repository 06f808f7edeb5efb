import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandError } from "../../../cli/errors.ts";
import { exportLine, stackEnvironment, type ToolFacts } from "../../../cli/project/environment.ts";
import { openSession } from "../../../cli/project/session.ts";
import { checkStackName, parseStackFile, shortName } from "../../../cli/project/stack-file.ts";

const thrown = (work: () => unknown): CommandError => {
  try {
    work();
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("openSession", () => {
  const root = mkdtempSync(join(tmpdir(), "slipway-session-"));
  beforeAll(() => {
    writeFileSync(
      join(root, "Pulumi.yaml"),
      "name: slipway\nruntime: nodejs\nbackend: {url: 's3://state'}\n",
    );
    writeFileSync(join(root, "Pulumi.dev.yaml"), "config:\n  slipway:ground: embedded\n");
    writeFileSync(join(root, "Pulumi.prod.yaml"), "config: {}\n");
    writeFileSync(join(root, "other.yaml"), "config:\n  slipway:ground: embedded\n");
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const open = (options = {}, env = {}, cwd = root) => openSession(options, { root, cwd, env });

  it("is about dev unless told otherwise by option or variable", () => {
    expect(open()).toMatchObject({
      stack: "dev",
      project: "slipway",
      embedded: true,
      projectBackendUrl: "s3://state",
    });
    expect(open({}, { PULUMI_STACK: "prod" })).toMatchObject({ stack: "prod", embedded: false });
    expect(open({ stack: "dev" }, { PULUMI_STACK: "prod" }).stack).toBe("dev");
  });

  it("keeps its things in the checkout, or where SLIPWAY_DIR says", () => {
    expect(open().groundDir).toBe(join(root, ".slipway", "ground"));
    expect(open({}, { SLIPWAY_DIR: "elsewhere" }, "/somewhere").slipwayDir).toBe("/somewhere/elsewhere");
  });

  it("takes a config file from where the user stands, for a stack of any name", () => {
    expect(open({ stack: "e2e", configFile: "other.yaml" })).toMatchObject({
      stack: "e2e",
      embedded: true,
      configFile: join(root, "other.yaml"),
    });
  });

  it("names the stacks that are there when one isn't", () => {
    const error = thrown(() => open({ stack: "stagin" }));
    expect(error.message).toContain('"stagin"');
    expect(error.message).toContain("there are: dev, prod");
    expect(error.exitCode).toBe(2);
  });
});

describe("stack names", () => {
  it.each(["dev", "a.b-c_1", "acme/dev", "acme/slipway/dev"])("%s is one", (name) => {
    expect(checkStackName(name)).toBe(name);
  });
  it.each(["", "a b", "../x/y/z", "--yes", "a/", "ä"].filter((name) => name !== "--yes"))(
    "%j is none",
    (name) => {
      expect(thrown(() => checkStackName(name)).exitCode).toBe(2);
    },
  );
  it("have their file by the last part", () => {
    expect(shortName("acme/slipway/dev")).toBe("dev");
  });
});

describe("parseStackFile", () => {
  it("finds encrypted values at any depth", () => {
    expect(parseStackFile("config: {a:b: {c: [{secure: v1:x}]}}", "f").hasSecrets).toBe(true);
    expect(parseStackFile("config: {a:b: {c: [secure]}}", "f").hasSecrets).toBe(false);
  });
  it("takes an empty file for a stack without config", () => {
    expect(parseStackFile("", "f")).toEqual({ config: {}, embedded: false, hasSecrets: false });
  });
  it("says where a file stops being YAML", () => {
    expect(thrown(() => parseStackFile("config: [", "Pulumi.dev.yaml")).message).toMatch(
      /Pulumi\.dev\.yaml .*line 1/,
    );
  });
});

describe("stackEnvironment", () => {
  const tools: ToolFacts = {
    binDirs: ["/node/bin", "/pulumi/bin"],
    pulumiIsUsersOwn: false,
    ownLanguageHost: true,
    cacheDir: "/cache",
  };
  const stack = { embedded: true, slipwayDir: "/checkout/.slipway", stack: "dev" };

  it("gives an embedded stack its own state and no passphrase", () => {
    expect(stackEnvironment({ PATH: "/usr/bin:/node/bin" }, stack, tools)).toEqual({
      PATH: "/node/bin:/pulumi/bin:/usr/bin",
      NODE_COMPILE_CACHE: "/cache/compile-cache",
      PULUMI_BACKEND_URL: "file:///checkout/.slipway/state?metadata=skip",
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
      PULUMI_HOME: "/cache/pulumi-home",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      SLIPWAY_DIR: "/checkout/.slipway",
    });
  });

  it("leaves backend and passphrase of any other stack alone", () => {
    const environment = stackEnvironment({ PATH: "" }, { ...stack, embedded: false }, tools);
    const touched = Object.keys(environment).filter((name) => /BACKEND|PASSPHRASE/.test(name));
    expect(touched).toEqual([]);
  });

  it("keeps what the user set", () => {
    const own = {
      PULUMI_BACKEND_URL: "s3://mine",
      PULUMI_CONFIG_PASSPHRASE_FILE: "/key",
      PULUMI_HOME: "/home",
    };
    const environment = stackEnvironment({ ...own, NODE_COMPILE_CACHE: "/c" }, stack, tools);
    for (const name of [...Object.keys(own), "NODE_COMPILE_CACHE", "PULUMI_CONFIG_PASSPHRASE"]) {
      expect(environment).not.toHaveProperty(name);
    }
  });

  it("leaves the home of the user's own CLI and the plugins of the official one alone", () => {
    const environment = stackEnvironment({}, stack, {
      ...tools,
      pulumiIsUsersOwn: true,
      ownLanguageHost: false,
    });
    expect(environment).not.toHaveProperty("PULUMI_HOME");
    expect(environment).not.toHaveProperty("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION");
  });
});

it("exportLine survives a shell's quoting", () => {
  expect(exportLine("A", "it's $HOME")).toBe(`export A='it'\\''s $HOME'`);
});
