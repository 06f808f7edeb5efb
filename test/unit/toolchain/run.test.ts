import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheHome, withCacheLock } from "../../../ground/portable/cache.mjs";
import { run } from "../../../ground/portable/run.mjs";
import { temporaryFolder, writeScript } from "./support.ts";

describe("run", () => {
  it("gives up after its deadline, even on a script whose own child holds the outputs", async () => {
    const script = writeScript(join(temporaryFolder(), "shim"), "echo begun; sleep 20");
    const began = performance.now();
    await expect(run(script, ["version"], { timeoutMs: 300 })).rejects.toThrow(
      `${script} version gave no answer within 0.3 s: begun`,
    );
    // Far from the 20 s of the child, far from any hiccup of a busy machine.
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe("cacheHome", () => {
  it("is absolute, whatever the variables hold", () => {
    expect(cacheHome({ SLIPWAY_CACHE: "tools" })).toBe(join(process.cwd(), "tools"));
    expect(cacheHome({ XDG_CACHE_HOME: "/var/cache", HOME: "/home/ada" })).toBe("/var/cache/slipway");
    expect(cacheHome({ XDG_CACHE_HOME: "relative", HOME: "/home/ada" })).toBe("/home/ada/.cache/slipway");
  });
});

describe("withCacheLock", () => {
  it("says which folder can't be written, and what to do", async () => {
    const file = writeScript(join(temporaryFolder(), "cache"), "");
    await expect(withCacheLock({ SLIPWAY_CACHE: file }, async () => {})).rejects.toThrow(
      `the tool cache ${file} can't be written (EEXIST), and some tool is not in it yet\n  to do: set SLIPWAY_CACHE`,
    );
  });
});
