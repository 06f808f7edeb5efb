import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { engineAddress } from "../../providers/kernel/engine-watch.ts";
import { ENGINE_DEATH_GRACE_MS, ENGINE_REDIAL_MS } from "../../providers/kernel/limits.ts";
import { providerText } from "../../providers/kernel/provider-text.ts";
import { type Host, type SilentEngine, startHost, startSilentEngine } from "./host-client.ts";

const PROJECT = fileURLToPath(new URL("../fixtures/kernel/project", import.meta.url));
const PROBE = { __provider: providerText("Probe"), act: "fine" };

let engine: SilentEngine | undefined;
let host: Host | undefined;

afterEach(async () => {
  await host?.stop();
  await engine?.stop();
});

describe("a provider host", () => {
  it("ends by itself when its engine is gone, in the middle of a step too", async () => {
    engine = await startSilentEngine();
    host = await startHost({ cwd: PROJECT, engine: engine.address });
    const hanging = host.create({ ...PROBE, act: "hang" }).catch(() => undefined);
    await engine.connected(1);
    await engine.stop();
    const died = Date.now();
    expect(await host.ended).toBe(130);
    // An upper bound that a busy machine keeps: two dials and the grace, then room for scheduling.
    expect(Date.now() - died).toBeLessThan(2 * ENGINE_REDIAL_MS + ENGINE_DEATH_GRACE_MS + 5_000);
    await hanging;
  });

  it("stays when only the connection was dropped", async () => {
    engine = await startSilentEngine();
    host = await startHost({ cwd: PROJECT, engine: engine.address });
    await host.create(PROBE);
    for (const count of [1, 2, 3, 4]) {
      await engine.connected(count);
      engine.hangUp();
    }
    await engine.connected(5);
    await expect(host.create(PROBE)).resolves.toMatchObject({ id: "probe" });
  });

  it("stays when the engine's address was never one to connect to", async () => {
    engine = await startSilentEngine();
    const { address } = engine;
    await engine.stop();
    host = await startHost({ cwd: PROJECT, engine: address });
    await host.create(PROBE);
    const ended = host.ended.then(() => "ended");
    const later = new Promise((resolve) =>
      setTimeout(resolve, 3 * ENGINE_REDIAL_MS + ENGINE_DEATH_GRACE_MS, "running"),
    );
    expect(await Promise.race([ended, later])).toBe("running");
  });
});

describe("the engine's address", () => {
  const script = "/x/node_modules/@pulumi/pulumi/cmd/dynamic-provider";
  it("is the argument of a provider host", () => {
    expect(engineAddress(["node", script, "127.0.0.1:4000"])).toEqual({ host: "127.0.0.1", port: 4000 });
    expect(engineAddress(["node", `${script}/index.js`, "[::1]:4000"])).toEqual({ host: "::1", port: 4000 });
  });
  it("is unknown to any other process", () => {
    expect(engineAddress(["node", "/x/cmd/run", "127.0.0.1:4000"])).toBeUndefined();
    expect(engineAddress(["node", script])).toBeUndefined();
    expect(engineAddress(["node", script, "unix:/tmp/engine"])).toBeUndefined();
    expect(engineAddress(["node", script, "127.0.0.1:99999"])).toBeUndefined();
  });
});
