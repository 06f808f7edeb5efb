import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Environment, withCacheLock } from "../../../ground/portable/cache.mjs";
import { silentProgress } from "../../../ground/portable/progress.mjs";
import { inspectTools } from "../../../ground/toolchain/inspect.ts";
import { lookFor } from "../../../ground/toolchain/look.ts";
import { provideRow } from "../../../ground/toolchain/provide.ts";
import type { Source, Tool } from "../../../ground/toolchain/tool.ts";
import { ROOT, runModule, temporaryFolder, until, writeScript } from "./support.ts";

const says = (version: string): string => `echo "greeter v${version}"`;

/** A row like those of the table, for a program that is a shell script. */
function greeter(...sources: Source[]): Tool<string> {
  return {
    name: "greeter",
    version: "1.2.3",
    range: ">=1.2.0 <2",
    neededBy: "tests",
    binaries: ["greeter"],
    versionArgs: ["--version"],
    versionPattern: /v(\d+\.\d+\.\d+)/,
    override: "SLIPWAY_GREETER",
    sources,
  };
}

const goBuild: Source = {
  kind: "go build",
  module: "nats-server",
  packages: { "example.com/greeter": "greeter" },
  ldflags: [],
  tags: [],
};

/** An empty cache, and a PATH with the system's own programs behind a folder of the test's. */
function machine(more: Environment = {}) {
  const folder = temporaryFolder();
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const env: Environment = { PATH: `${bin}:/usr/bin:/bin`, SLIPWAY_CACHE: join(folder, "cache"), ...more };
  return { folder, bin, env };
}

/** Stands for Go: `go env GOVERSION`, and `go build ... -o OUT PACKAGE` by whatever `build` does with "$out". */
const fakeGo = (bin: string, build: string): string =>
  writeScript(
    join(bin, "go"),
    `if [ "$1" = env ]; then echo go1.26.8; exit; fi
while [ $# -gt 0 ]; do [ "$1" = -o ] && out=$2; shift; done
${build}`,
  );

const buildGreeter = `printf '#!/bin/sh\\n${says("1.2.3").replaceAll('"', '\\"')}\\n' > "$out"; chmod +x "$out"`;

const provide = (tool: Tool<string>, env: Environment) =>
  withCacheLock(env, () => provideRow(tool, env, silentProgress));

/** A release server on this machine: an archive with the greeter, and the list of sums with `sum` for it. */
async function releaseServer(sum?: string): Promise<{ source: Source; asked: string[] }> {
  const folder = temporaryFolder();
  writeScript(join(folder, "greeter-1.2.3", "greeter"), says("1.2.3"));
  const archive = join(folder, "greeter.tar.gz");
  execFileSync("tar", ["-czf", archive, "-C", folder, "greeter-1.2.3"]);
  const bytes = readFileSync(archive);
  const sha256 = sum ?? createHash("sha256").update(bytes).digest("hex");
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/moved/greeter.tar.gz") response.end(bytes);
    else if (request.url === "/SUMS")
      response.end(`${"0".repeat(64)}  other.tar.gz\n${sha256}  greeter.tar.gz\n`);
    else if (request.url === "/greeter.tar.gz")
      response.writeHead(302, { location: "/moved/greeter.tar.gz" }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asset = () => ({ url: `${base}/greeter.tar.gz`, checksums: `${base}/SUMS`, folder: "greeter-1.2.3" });
  return { source: { kind: "release", asset }, asked };
}

/** Nobody listens there. */
const closedRelease: Source = {
  kind: "release",
  asset: () => ({ url: "http://127.0.0.1:1/g.tar.gz", checksums: "http://127.0.0.1:1/SUMS", folder: "g" }),
};

describe("where a tool is found", () => {
  it("is the override first, then PATH, then the cache", async () => {
    const { folder, bin, env } = machine();
    fakeGo(bin, buildGreeter);
    const built = await provide(greeter(goBuild), env);
    expect(built).toMatchObject({ source: "go build", version: "1.2.3" });
    expect((await lookFor(greeter(goBuild), env)).found).toMatchObject({
      source: "cache",
      origin: "go build",
    });

    const onPath = writeScript(join(bin, "greeter"), says("1.9.0"));
    expect((await lookFor(greeter(goBuild), env)).found).toMatchObject({
      source: "PATH",
      path: onPath,
      version: "1.9.0",
    });

    const named = writeScript(join(folder, "named"), says("1.3.0"));
    const { found } = await lookFor(greeter(goBuild), { ...env, SLIPWAY_GREETER: named });
    expect(found).toMatchObject({ source: "SLIPWAY_GREETER", path: named, version: "1.3.0" });
  });

  it.each([
    ["is too old", says("1.1.9"), "1.1.9, wanted >=1.2.0 <2"],
    ["is too new", says("2.0.0"), "2.0.0, wanted >=1.2.0 <2"],
    ["tells no version", "echo hello", "tells no version"],
    ["fails", "echo broken >&2; exit 3", "exit code 3: broken"],
  ])("is not PATH when what is there %s", async (_case, script, reason) => {
    const { bin, env } = machine();
    writeScript(join(bin, "greeter"), script);
    const { found, attempts } = await lookFor(greeter(), env);
    expect(found).toBeUndefined();
    expect(attempts.find(({ source }) => source === "PATH")?.reason).toContain(reason);
  });

  it.each([
    ["beside the link on PATH, as shims have them", "bin"],
    ["beside what the link leads to, as package managers have them", "store"],
  ])("has its companions %s", async (_case, where) => {
    const { folder, bin, env } = machine();
    writeScript(join(folder, "store", "greeter"), says("1.2.3"));
    symlinkSync(join(folder, "store", "greeter"), join(bin, "greeter"));
    writeScript(join(folder, where, "companion"), "");
    const { found } = await lookFor({ ...greeter(), binaries: ["greeter", "companion"] }, env);
    expect(found).toMatchObject({ path: join(folder, where, "greeter"), binDir: join(folder, where) });
  });

  it("is not PATH when a companion is missing beside the main binary", async () => {
    const { bin, env } = machine();
    writeScript(join(bin, "greeter"), says("1.2.3"));
    const { attempts } = await lookFor({ ...greeter(), binaries: ["greeter", "companion"] }, env);
    expect(attempts.find(({ source }) => source === "PATH")?.reason).toContain("no companion beside it");
  });
});

describe("inspectTools", () => {
  it("tells what is missing and what mends it, without fetching", async () => {
    const { folder, env } = machine();
    const tools = await inspectTools(["node", "pulumi", "nats-server-2.9"], { ...env, PATH: "/nowhere" });
    expect(tools[0]).toMatchObject({ tool: "node", wanted: ">=24", source: "running", neededBy: "stack" });
    expect(tools[1]).toMatchObject({
      tool: "pulumi",
      problem: "SLIPWAY_PULUMI: not set; PATH: no pulumi there; cache: not there",
      remedy: expect.stringMatching(/^`npm run up` fetches or builds it; or set SLIPWAY_PULUMI=/),
    });
    expect(tools[2]).toMatchObject({
      neededBy: "tests",
      remedy: expect.stringMatching(/^`npm test` fetches/),
    });
    expect(existsSync(join(folder, "cache"))).toBe(false);
  });

  it("says of an override that doesn't do that it was passed over", async () => {
    const { folder, bin, env } = machine();
    writeScript(join(bin, "nats-server"), 'echo "nats-server: v2.14.9"');
    const named = writeScript(join(folder, "old"), 'echo "nats-server: v2.9.25"');
    const [report] = await inspectTools(["nats-server"], { ...env, SLIPWAY_NATS_SERVER: named });
    expect(report).toMatchObject({
      source: "PATH",
      version: "2.14.9",
      problem: `SLIPWAY_NATS_SERVER: ${named} is 2.9.25, wanted >=2.14.0 <3`,
      remedy: "mend or unset SLIPWAY_NATS_SERVER",
    });
  });
});

describe("an official release", () => {
  it("is taken through redirects when its checksum is right", async () => {
    const { env } = machine();
    const { source } = await releaseServer();
    const provided = await provide(greeter(source), env);
    expect(provided.source).toBe("official release");
    expect(execFileSync(provided.path, { encoding: "utf8" })).toBe("greeter v1.2.3\n");
  });

  it("is refused when its checksum is wrong, and leaves nothing", async () => {
    const { env } = machine();
    const { source } = await releaseServer("f".repeat(64));
    await expect(provide(greeter(source), env)).rejects.toThrow(
      /SHA-256 is [0-9a-f]{64}, the release says f{64}/,
    );
    expect(readdirSync(join(env.SLIPWAY_CACHE ?? "", "making"))).toEqual([]);
    expect((await lookFor(greeter(source), env)).found).toBeUndefined();
  });

  it("is not asked for when offline", async () => {
    const { env } = machine({ SLIPWAY_OFFLINE: "1" });
    const { source, asked } = await releaseServer();
    await expect(provide(greeter(source), env)).rejects.toThrow(
      "official release: skipped, SLIPWAY_OFFLINE=1",
    );
    expect(asked).toEqual([]);
  });

  it("gives way to the build when the network is closed", async () => {
    const { bin, env } = machine();
    fakeGo(bin, buildGreeter);
    expect((await provide(greeter(closedRelease, goBuild), env)).source).toBe("go build");
  });
});

describe("a build", () => {
  it("that makes another version is refused", async () => {
    const { bin, env } = machine();
    fakeGo(bin, buildGreeter.replace("1.2.3", "1.0.0"));
    await expect(provide(greeter(goBuild), env)).rejects.toThrow("what was made says it is 1.0.0");
  });

  it("uses Go's module cache alone when offline", async () => {
    const { folder, bin, env } = machine({ SLIPWAY_OFFLINE: "1" });
    fakeGo(bin, `echo "$GOPROXY" > ${folder}/proxy; ${buildGreeter}`);
    await provide(greeter(goBuild), env);
    expect(readFileSync(join(folder, "proxy"), "utf8")).toBe("off\n");
  });

  it("that is killed in the middle leaves nothing half-made, and the next command makes it anew", async () => {
    const { folder, bin, env } = machine();
    const begun = join(folder, "begun");
    fakeGo(bin, `echo half > "$out"; echo $$ > ${begun}; exec sleep 600`);
    const killed = runModule(
      `import { withCacheLock } from ${JSON.stringify(join(ROOT, "ground/portable/cache.mjs"))};
       import { silentProgress } from ${JSON.stringify(join(ROOT, "ground/portable/progress.mjs"))};
       import { provideRow } from ${JSON.stringify(join(ROOT, "ground/toolchain/provide.ts"))};
       import { writeFileSync } from "node:fs";
       writeFileSync(${JSON.stringify(join(folder, "pid"))}, String(process.pid));
       const tool = { ...${JSON.stringify(greeter(goBuild))}, versionPattern: /v(\\S+)/ };
       await withCacheLock(process.env, () => provideRow(tool, process.env, silentProgress));`,
      { ...env },
    );
    await until(() => existsSync(begun) && readFileSync(begun, "utf8").endsWith("\n"));
    process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), "SIGKILL");
    // The builder outlives the command that was killed; it goes with the test.
    process.kill(Number(readFileSync(begun, "utf8")), "SIGKILL");
    expect((await killed).code).toBeNull();

    expect(existsSync(join(env.SLIPWAY_CACHE ?? "", "tools"))).toBe(false);
    expect(readdirSync(join(env.SLIPWAY_CACHE ?? "", "making"))).toHaveLength(1);
    expect((await lookFor(greeter(goBuild), env)).found).toBeUndefined();

    fakeGo(bin, buildGreeter);
    expect(await provide(greeter(goBuild), env)).toMatchObject({ source: "go build", version: "1.2.3" });
    expect(readdirSync(join(env.SLIPWAY_CACHE ?? "", "making"))).toEqual([]);
  });
});

describe("a tool that can't be had", () => {
  it("names every source that was tried, why each failed, and what mends it", async () => {
    const { bin, env } = machine({ SLIPWAY_GREETER: "/nowhere/greeter" });
    fakeGo(bin, "echo 'no such module' >&2; exit 1");
    const error = await provide(greeter(closedRelease, goBuild), env).catch((thrown: Error) => thrown);
    expect((error as Error).message.split("\n")).toEqual([
      "greeter >=1.2.0 <2 is needed and could not be provided:",
      "  SLIPWAY_GREETER: /nowhere/greeter is not an executable file",
      "  PATH: no greeter there",
      "  cache: not there",
      "  official release: http://127.0.0.1:1/SUMS: connection refused",
      "  go build: go build failed with exit code 1: no such module",
      "  to do: set SLIPWAY_GREETER=/path/to/greeter, put greeter >=1.2.0 <2 on PATH, install Go 1.26 or newer or open the network",
    ]);
  });

  it("says so when there is no Go", async () => {
    const { env } = machine();
    await expect(provide(greeter(goBuild), { ...env, PATH: "/nowhere" })).rejects.toThrow(
      "go build: go is not there",
    );
  });
});
