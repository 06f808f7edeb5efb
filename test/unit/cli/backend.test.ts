import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { backendAddress, embeddedBackendUrl } from "../../../cli/backend/address.ts";
import { judgeLock, type Lock } from "../../../cli/backend/lock.ts";
import { lockFolder, readLocks } from "../../../cli/backend/locks.ts";
import { processStartedAt } from "../../../cli/backend/process-start.ts";

const lock: Lock = {
  pid: 4711,
  username: "ada",
  hostname: "here",
  timestamp: "2026-11-21T10:02:14.937108742Z",
};
const takenAt = Date.parse(lock.timestamp);
const judge = (startedAt: number | undefined, change: Partial<Lock> = {}) =>
  judgeLock({ ...lock, ...change }, { hostname: "here", username: "ada", startedAt: () => startedAt });

describe("judgeLock", () => {
  it("calls a lock stale when its owner is dead", () => {
    expect(judge(undefined)).toEqual({
      state: "stale",
      why: "left by ada@here, process 4711, since 2026-11-21T10:02:14Z, which ended without releasing it",
    });
  });

  it("calls a lock stale when the process of that number began after it was taken", () => {
    expect(judge(takenAt + 60_000)).toMatchObject({ state: "stale" });
  });

  it("calls a lock held while its owner runs, whichever way the clock's ticks round", () => {
    expect(judge(takenAt - 60_000)).toMatchObject({ state: "held" });
    expect(judge(takenAt + 900)).toMatchObject({ state: "held" });
  });

  it("doesn't judge a lock of another machine, even when a process of that number is dead here", () => {
    expect(judge(undefined, { hostname: "there" })).toMatchObject({ state: "elsewhere" });
  });
});

describe("judgeLock of another user's lock", () => {
  it("doesn't take a process that this user can't see for a dead one", () => {
    expect(judge(undefined, { username: "root" })).toEqual({
      state: "elsewhere",
      why: "held by root@here, process 4711, since 2026-11-21T10:02:14Z, which this user can't see",
    });
  });

  it("judges it like any other when the process can be seen", () => {
    expect(judge(takenAt - 60_000, { username: "root" })).toMatchObject({ state: "held" });
    expect(judge(takenAt + 60_000, { username: "root" })).toMatchObject({ state: "stale" });
  });
});

describe("processStartedAt", () => {
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill("SIGKILL"));

  it("tells when a process started, and nothing after kill -9", async () => {
    child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    await once(child, "spawn");
    const pid = child.pid as number;
    const startedAt = processStartedAt(pid);
    expect(Math.abs((startedAt ?? 0) - Date.now())).toBeLessThan(10_000);

    const taken: Lock = { ...lock, pid, hostname: hostname(), timestamp: new Date().toISOString() };
    const facts = { hostname: hostname(), username: lock.username, startedAt: processStartedAt };
    expect(judgeLock(taken, facts)).toMatchObject({ state: "held" });

    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
    expect(processStartedAt(pid)).toBeUndefined();
    expect(judgeLock(taken, facts)).toMatchObject({ state: "stale" });
  });

  it("knows this very process as one that started before now", () => {
    expect(processStartedAt(process.pid)).toBeLessThan(Date.now());
  });
});

describe("readLocks", () => {
  const directory = mkdtempSync(join(tmpdir(), "slipway-locks-"));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("finds nothing where nothing was ever locked", () => {
    expect(readLocks(directory, "slipway", "dev")).toEqual([]);
  });

  it("reads the locks of one stack and passes over what is none", () => {
    for (const stack of ["dev", "prod"])
      mkdirSync(lockFolder(directory, "slipway", stack), { recursive: true });
    const write = (stack: string, file: string, text: string) =>
      writeFileSync(join(lockFolder(directory, "slipway", stack), file), text);
    write("dev", "a.json", JSON.stringify(lock));
    write("dev", "half.json", '{"pid": 1');
    write("dev", "a.json.attrs", "{}");
    write("prod", "b.json", JSON.stringify(lock));
    expect(readLocks(directory, "slipway", "dev")).toEqual([
      { file: join(lockFolder(directory, "slipway", "dev"), "a.json"), ...lock },
    ]);
  });
});

describe("backendAddress", () => {
  const address = (variable?: string, project?: string, login?: string) =>
    backendAddress({ variable, project, login }, "/checkout", "/home/ada");

  it("takes the variable before the project's, and that before the last login", () => {
    expect(address("s3://a", "s3://b", "s3://c")?.url).toBe("s3://a");
    expect(address(undefined, "s3://b", "s3://c")?.url).toBe("s3://b");
    expect(address("", undefined, "s3://c")?.url).toBe("s3://c");
    expect(address()).toBeUndefined();
  });

  it.each([
    ["file:///var/state?metadata=skip", "/var/state"],
    ["file://~", "/home/ada"],
    ["file://~/state", "/home/ada/state"],
    ["file://./state", "/checkout/state"],
    ["file:///with%20space", "/with space"],
    ["s3://bucket", undefined],
    ["https://api.pulumi.com", undefined],
  ])("%s is in the folder %s", (url, directory) => {
    expect(address(url)?.directory).toBe(directory);
  });

  it.each(["/a/b", "/with space/and?and#"])("an embedded stack's URL leads back to %s", (directory) => {
    expect(address(embeddedBackendUrl(directory))?.directory).toBe(directory);
  });
});
