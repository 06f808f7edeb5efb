import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { errorSchema } from "../../../cli/contracts.ts";
import { EXIT } from "../../../cli/exit-codes.ts";
import { run, splitArguments } from "../../../cli/program.ts";
import { CHECKOUT } from "../../../cli/project/session.ts";
import { plainStyle } from "../../../cli/terminal/style.ts";
import type { Terminal } from "../../../cli/terminal/terminal.ts";

/** A command line typed where nobody can answer; what it prints is kept. */
async function typed(...argv: string[]) {
  const printed = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    printed.err += String(text);
    return true;
  });
  const terminal: Terminal = {
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    interactive: false,
    onTerminal: false,
    style: plainStyle,
    noteStyle: plainStyle,
    confirm: () => Promise.reject(new Error("asked where nobody can answer")),
  };
  try {
    return { code: await run(argv, terminal), ...printed };
  } finally {
    vi.restoreAllMocks();
  }
}

afterEach(() => vi.restoreAllMocks());

describe("the command line", () => {
  it.each([
    [["statsu"], "slipway: unknown command 'statsu' (Did you mean status?)\n"],
    [["up", "--jso"], "slipway: unknown option '--jso'\n"],
    [["preview", "--jsno"], "slipway: unknown option '--jsno' (Did you mean --json?)\n"],
    [["ground", "rest"], "slipway: unknown command 'rest' (Did you mean reset?)\n"],
  ])("%j gets one line and exit code 2", async (argv, line) => {
    expect(await typed(...argv)).toEqual({ code: 2, out: "", err: line });
  });

  it.each([
    [["up", "--parallel", "0"], /a whole number from 1 to 9999 is allowed/],
    [["preview", "--fail-on", "note"], /Allowed choices are warning/],
    [["up", "urn"], /too many arguments/],
    [["up", "-s", "no such"], /is not a stack name/],
    [["up", "-s", "nowhere"], /there are: .*dev/],
    [["status", "--config-file", "/nowhere.yaml"], /there is no file \/nowhere\.yaml/],
  ])("%j says what is allowed, exit code 2", async (argv, message) => {
    const { code, err } = await typed(...argv);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it.each([
    ["status", "-s", "nowhere", "--json"],
    ["preview", "--json", "--config-file", "/nowhere.yaml"],
    ["doctor", "--json", "-s", "nowhere"],
    ["ground", "reset", "--json"],
  ])("%s %s prints its failure as one object too", async (...argv) => {
    const { code, out, err } = await typed(...argv);
    const { error } = errorSchema.parse(JSON.parse(out));
    expect([code, err]).toEqual([2, `slipway: ${error.message}\n  to do: ${error.remedy}\n`]);
  });

  it("has help with examples and exit codes for every command", async () => {
    const help = await typed("--help");
    expect(help.code).toBe(0);
    expect(help.out).toMatch(/Exit codes:\n {2}0 /);
    for (const command of ["up", "preview", "refresh", "down", "status", "doctor", "env"]) {
      const { code, out } = await typed(command, "--help");
      expect([command, code, out]).toEqual([
        command,
        0,
        expect.stringMatching(/Examples:\n {2}(eval .*)?.*slipway/),
      ]);
    }
  });

  it("shows its help when nothing is typed, which is no command", async () => {
    expect(await typed()).toMatchObject({ code: 2, out: expect.stringContaining("Usage: slipway") });
  });

  it.each(["up", "refresh", "down"])(
    "%s wants --yes where nobody can answer, before it does anything",
    async (command) => {
      const folder = mkdtempSync(join(tmpdir(), "slipway-consent-"));
      try {
        const file = join(folder, "stack.yaml");
        writeFileSync(file, "config: {slipway:profile: prod}\n");
        const { code, out, err } = await typed(command, "-s", "prod", "--config-file", file);
        expect([code, out]).toEqual([2, ""]);
        expect(err).toMatch(/no terminal to ask on\n {2}to do: add --yes;.*slipway preview -s prod/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  it("is documented: every command and every exit code", async () => {
    const page = readFileSync(join(CHECKOUT, "docs/cli.md"), "utf8");
    const { out } = await typed("--help");
    const commands = [...out.matchAll(/^ {2}([a-z]+)(?: \[options\])? {2,}/gm)].map(
      (match) => match[1] ?? "",
    );
    expect(commands).toHaveLength(8);
    for (const command of commands) expect(page).toContain(`| \`${command}`);
    const codes = [...page.matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
    expect(codes).toEqual(Object.values(EXIT));
    expect([...out.matchAll(/^ {2}(\d+) {2,}/gm)].map((match) => Number(match[1]))).toEqual(
      Object.values(EXIT),
    );
  });

  it("hands everything after -- to pulumi", () => {
    expect(splitArguments(["up", "-s", "dev", "--", "--target", "x", "--"])).toEqual({
      own: ["up", "-s", "dev"],
      extra: ["--target", "x", "--"],
    });
    expect(splitArguments(["up"])).toEqual({ own: ["up"], extra: [] });
  });
});
