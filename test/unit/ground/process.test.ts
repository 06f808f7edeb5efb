import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isAlive, processIdentity } from "../../../ground/portable/identity.mjs";
import { dataBytes } from "../../../ground/process/data-size.ts";
import { rotateLog } from "../../../ground/process/log-file.ts";
import { readRecord, recordPath } from "../../../ground/process/record.ts";
import { endStrays } from "../../../ground/process/strays.ts";
import { findRunning, startDetached, stopRecorded } from "../../../ground/process/supervisor.ts";
import { waitFor } from "../../../ground/process/wait.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "slipway-process-"));
  onTestFinished(async () => {
    await stopRecorded(path);
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

const shell = (directory: string, script: string) =>
  startDetached(directory, { command: "/bin/sh", args: ["-c", script], logPath: join(directory, "log") });

describe("startDetached", () => {
  it("records the process and keeps its output", async () => {
    const directory = folder();
    const record = await shell(directory, "echo out; echo err >&2; exec sleep 600");
    expect(readRecord(directory)).toEqual(record);
    expect(findRunning(directory)).toEqual(record);
    const log = await waitFor(() => {
      const text = readFileSync(record.logPath, "utf8");
      return text.includes("err") ? text : undefined;
    }, 5_000);
    expect(log).toBe("out\nerr\n");
  });

  it("says which program could not be started", async () => {
    const directory = folder();
    const launch = { command: "/nowhere/server", args: [], logPath: join(directory, "log") };
    await expect(startDetached(directory, launch)).rejects.toThrow(
      /^\/nowhere\/server could not be started: .*ENOENT/,
    );
    expect(existsSync(recordPath(directory))).toBe(false);
  });
});

describe("stopRecorded", () => {
  it("ends the process, and by force one that ignores being asked", async () => {
    const directory = folder();
    const record = await shell(directory, "trap '' TERM; echo ready; while :; do sleep 1; done");
    await waitFor(() => (readFileSync(record.logPath, "utf8").includes("ready") ? true : undefined), 5_000);
    expect(await stopRecorded(directory)).toBe(true);
    expect(isAlive(record.pid, record.startTime)).toBe(false);
    expect(await stopRecorded(directory)).toBe(false);
  }, 20_000);
});

describe("endStrays", () => {
  it("ends what was started with exactly these arguments and has no record, and nothing else", async () => {
    const directory = folder();
    const start = (args: string[]) => {
      const child = spawn("/bin/sleep", args, { stdio: "ignore" });
      onTestFinished(() => void child.kill("SIGKILL"));
      const pid = child.pid as number;
      return { pid, startTime: processIdentity(pid) as string };
    };
    // Unique, as the path of a configuration file is: other tests run at the same time.
    const unique = `600.${process.pid}`;
    const stray = start(["1", unique]);
    const [more, fewer] = [start(["1", unique, "1"]), start([unique])];
    expect(await endStrays(["1", unique])).toBe(true);
    expect([stray, more, fewer].map(({ pid, startTime }) => isAlive(pid, startTime))).toEqual([
      false,
      true,
      true,
    ]);
    expect(await endStrays(["1", unique])).toBe(false);
    expect(await endStrays(["-c", join(directory, "nats-server.conf")])).toBe(false);
  });
});

describe("readRecord", () => {
  it.each(["", "{", "[]", '{"pid": 1}', '{"pid":"1","startTime":"x","command":[],"ports":{},"logPath":""}'])(
    "takes %j for no record at all",
    (text) => {
      const directory = folder();
      writeFileSync(recordPath(directory), text);
      expect(readRecord(directory)).toBeUndefined();
    },
  );
});

describe("rotateLog", () => {
  it("keeps the logs of the last five starts beside the new one", () => {
    const directory = folder();
    const path = join(directory, "logs", "server.log");
    for (let start = 1; start <= 8; start++) {
      rotateLog(path);
      writeFileSync(path, String(start));
    }
    const logs = readdirSync(join(directory, "logs")).sort();
    expect(logs.map((name) => [name, readFileSync(join(directory, "logs", name), "utf8")])).toEqual([
      ["server.log", "8"],
      ["server.log.1", "7"],
      ["server.log.2", "6"],
      ["server.log.3", "5"],
      ["server.log.4", "4"],
      ["server.log.5", "3"],
    ]);
  });
});

describe("dataBytes", () => {
  it("sums files at any depth; nothing is 0", () => {
    const directory = folder();
    mkdirSync(join(directory, "a", "b"), { recursive: true });
    writeFileSync(join(directory, "a", "one"), "x".repeat(10));
    writeFileSync(join(directory, "a", "b", "two"), "x".repeat(5));
    expect(dataBytes(directory)).toBe(15);
    expect(dataBytes(join(directory, "nothing"))).toBe(0);
  });
});
