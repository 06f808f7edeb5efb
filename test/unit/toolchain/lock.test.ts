import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isAlive, processIdentity } from "../../../ground/portable/identity.mjs";
import { tryAcquire, withLock } from "../../../ground/portable/lock.mjs";
import { ROOT, runModule, startSleeper, temporaryFolder } from "./support.ts";

const LOCK_MODULE = JSON.stringify(join(ROOT, "ground", "portable", "lock.mjs"));

/** No process has it: larger than Linux's largest pid. */
const NOBODY = 99_999_999;

describe("processIdentity", () => {
  it("is the same at every look and differs between processes", () => {
    const sleeper = startSleeper();
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
    expect(processIdentity(sleeper)).toBeDefined();
    expect(processIdentity(sleeper)).not.toBe(processIdentity(process.pid));
  });

  it("knows no identity of a process that isn't there", () => {
    expect(processIdentity(NOBODY)).toBeUndefined();
    expect(isAlive(NOBODY, undefined)).toBe(false);
  });
});

describe("withLock", () => {
  it("is released after success and after failure", async () => {
    const path = join(temporaryFolder(), "lock");
    await withLock(path, async () => expect(existsSync(path)).toBe(true));
    await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(existsSync(path)).toBe(false);
  });

  it("is not given while a living process holds it", () => {
    const path = join(temporaryFolder(), "lock");
    const pid = startSleeper();
    writeFileSync(path, JSON.stringify({ pid, startTime: processIdentity(pid), token: "t" }));
    expect(tryAcquire(path)).toBeUndefined();
  });

  it.each([
    ["is dead", () => ({ pid: NOBODY, startTime: "boot/1", token: "t" })],
    [
      "had a pid that another process has now",
      () => ({ pid: startSleeper(), startTime: "boot/1", token: "t" }),
    ],
  ])("is taken over when its owner %s", (_case, owner) => {
    const path = join(temporaryFolder(), "lock");
    writeFileSync(path, JSON.stringify(owner()));
    const release = tryAcquire(path);
    expect(JSON.parse(readFileSync(path, "utf8")).pid).toBe(process.pid);
    release?.();
  });

  it("is taken over when the file can't be read", () => {
    const path = join(temporaryFolder(), "lock");
    writeFileSync(path, "");
    expect(tryAcquire(path)).toBeDefined();
  });

  it("lets one process in at a time, from a stale lock on", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "lock");
    const counter = join(folder, "counter");
    writeFileSync(counter, "0");
    writeFileSync(path, JSON.stringify({ pid: NOBODY, startTime: "boot/1", token: "t" }));
    const rounds = 25;
    // Read, give way, write: two at once would lose a count.
    const text = `
      import { readFileSync, writeFileSync } from "node:fs";
      import { setImmediate } from "node:timers/promises";
      import { withLock } from ${LOCK_MODULE};
      for (let i = 0; i < ${rounds}; i++)
        await withLock(${JSON.stringify(path)}, async () => {
          const n = Number(readFileSync(${JSON.stringify(counter)}, "utf8"));
          await setImmediate();
          writeFileSync(${JSON.stringify(counter)}, String(n + 1));
        });`;
    const processes = 4;
    const ended = await Promise.all(Array.from({ length: processes }, () => runModule(text)));
    expect(ended.map(({ code, output }) => [code, output])).toEqual(Array(processes).fill([0, ""]));
    expect(Number(readFileSync(counter, "utf8"))).toBe(processes * rounds);
  });
});
