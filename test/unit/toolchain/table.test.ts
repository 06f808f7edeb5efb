import { describe, expect, it } from "vitest";
import { findChecksum } from "../../../ground/portable/download.mjs";
import { createProgress, elapsed } from "../../../ground/portable/progress.mjs";
import { sourceKey } from "../../../ground/toolchain/keys.ts";
import { TOOLS } from "../../../ground/toolchain/table.ts";
import type { Platform, Release } from "../../../ground/toolchain/tool.ts";

const release = (name: "nats-server" | "pulumi"): Release => {
  const source = TOOLS[name].sources.find(({ kind }) => kind === "release");
  if (source?.kind !== "release") throw new Error(`${name} has no release`);
  return source;
};
const LINUX: Platform = { os: "linux", arch: "x64" };

describe("the table of tools", () => {
  it("knows where releases and their checksums are published", () => {
    expect(release("nats-server").asset(LINUX, "2.14.9")).toEqual({
      url: "https://github.com/nats-io/nats-server/releases/download/v2.14.9/nats-server-v2.14.9-linux-amd64.tar.gz",
      checksums: "https://github.com/nats-io/nats-server/releases/download/v2.14.9/SHA256SUMS",
      folder: "nats-server-v2.14.9-linux-amd64",
    });
    expect(release("pulumi").asset({ os: "darwin", arch: "arm64" }, "3.259.0")).toEqual({
      url: "https://github.com/pulumi/pulumi/releases/download/v3.259.0/pulumi-v3.259.0-darwin-arm64.tar.gz",
      checksums: "https://github.com/pulumi/pulumi/releases/download/v3.259.0/pulumi-3.259.0-checksums.txt",
      folder: "pulumi",
    });
    expect(release("pulumi").asset({ os: "sunos", arch: "x64" }, "3.259.0")).toBeUndefined();
  });

  it("has an override variable of its own for each tool", () => {
    expect(Object.values(TOOLS).map(({ override }) => override)).toEqual([
      "SLIPWAY_NODE",
      "SLIPWAY_PULUMI",
      "SLIPWAY_PULUMI_CLI",
      "SLIPWAY_NATS_SERVER",
      "SLIPWAY_NATS_SERVER_2_9",
      "SLIPWAY_NATS_SERVER_2_10",
    ]);
  });

  it("gives the same key for the same ingredients, and another for others", () => {
    const tool = TOOLS["nats-server"];
    const [, build] = tool.sources;
    if (build?.kind !== "go build") throw new Error("no build");
    expect(sourceKey(tool, build)).toBe(sourceKey(tool, { ...build }));
    expect(sourceKey(tool, { ...build, tags: ["other"] })).not.toBe(sourceKey(tool, build));
    expect(sourceKey(tool, { ...build, module: "nats-server-2.9" })).not.toBe(sourceKey(tool, build));
    expect(sourceKey({ ...tool, version: "2.14.8" }, build)).not.toBe(sourceKey(tool, build));
  });
});

describe("findChecksum", () => {
  const sum = "ab".repeat(32);
  it.each([
    ["two blanks", `${sum}  tool.tar.gz\n`],
    ["binary mark", `${sum} *tool.tar.gz\n`],
    ["a path", `${sum}  ./tool.tar.gz\r\n`],
    ["other names that end alike", `${"cd".repeat(32)}  my-tool.tar.gz\n${sum.toUpperCase()}  tool.tar.gz`],
  ])("reads a list with %s", (_case, text) => {
    expect(findChecksum(text, "tool.tar.gz")).toBe(sum);
  });

  it("takes no other kind of sum", () => {
    expect(findChecksum(`${"ab".repeat(64)}  tool.tar.gz\n`, "tool.tar.gz")).toBeUndefined();
  });
});

describe("progress", () => {
  const record = (isTTY: boolean) => {
    const text: string[] = [];
    return { text, stream: { isTTY, columns: 40, write: (piece: string) => text.push(piece) } };
  };

  it("writes a line at the start and the end where nobody can see it change", () => {
    const { text, stream } = record(false);
    let now = 0;
    const step = createProgress(stream, () => now).begin("tool 1.0: go build", 2);
    now = 222_000;
    step.end("ready");
    expect(text).toEqual(["tool 1.0: go build, 2 more to go\n", "tool 1.0: go build: ready (3 min 42 s)\n"]);
  });

  it("rewrites one line on a terminal, never wider than it", () => {
    const { text, stream } = record(true);
    const step = createProgress(stream, () => 0).begin(
      "a label that is far longer than the terminal is wide",
    );
    step.end("ready");
    expect(text[0]).toBe(`\r\u001b[2K${"a label that is far longer than the termi".slice(0, 39)}`);
    expect(text[1]).toMatch(/: ready \(0 s\)\n$/);
  });

  it("tells elapsed time in seconds, then minutes", () => {
    expect([elapsed(0), elapsed(59_400), elapsed(60_000)]).toEqual(["0 s", "59 s", "1 min 0 s"]);
  });
});
