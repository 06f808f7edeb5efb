import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gate, openGate } from "../support/gate.ts";
import { type RealServer, startServer } from "../support/nats/servers.ts";
import { type Observer, observe } from "../support/observer.ts";
import { type Ended, failed, openProject, type Project } from "../support/project.ts";

/**
 * Somebody is quicker: between the survey of an up and its own first step. The survey found nothing wrong, so that only
 * the guards inside the steps are left.
 */

const STEP_TIMEOUT_MS = 60_000;

let server: RealServer;
let gate: Gate;
let observer: Observer;
let project: Project;

/** What stays as it is. */
const REST = { REST: { subjects: ["rest"] } };

/** Runs an up, holds it behind its survey at a first call of the API, and lets it go on when `meanwhile` is done. */
async function upMeanwhile(
  call: Parameters<Gate["shutAfter"]>[0],
  meanwhile: () => Promise<unknown>,
): Promise<Ended> {
  await observer.writes();
  const reached = gate.shutAfter(call, 0);
  const up = project.slipway("up", "--yes", "--skip-preview");
  const early = up.then(({ text }) => {
    throw new Error(`the up ended before it was held:\n${text}`);
  });
  early.catch(() => undefined);
  await Promise.race([reached, early]);
  await meanwhile();
  gate.open();
  return up;
}

beforeAll(async () => {
  server = await startServer("2.14");
  gate = await openGate(Number(new URL(server.url).port));
  observer = await observe(server.url);
  // Behind a shut gate nobody is to give up before the test lets go.
  project = await openProject({ stack: "late-e2e", servers: gate.url, connection: { requestTimeout: "2m" } });
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  await observer?.close();
  await gate?.close();
  await project?.close();
  await server?.stop();
});

describe("an up that somebody else overtakes", { timeout: STEP_TIMEOUT_MS }, () => {
  const FILLED = { subjects: ["filled"], deletionPolicy: "refuse" };
  const GONE = { subjects: ["gone"] };
  const LIMITED = { ...GONE, maxMsgs: 2 };

  it("deletes nothing that came in after its survey", async () => {
    project.declare({ streams: { ...REST, FILLED, GONE } });
    await project.up();
    project.declare({ streams: { ...REST, FILLED: { ...FILLED, maxMsgs: 2 }, GONE } });
    const { text } = failed(await upMeanwhile("STREAM.INFO", () => observer.fill("filled", 5)));
    expect(text).toMatch(/Stream FILLED: .*\[data-loss\][\s\S]*oldest 3 of 5 messages[\s\S]*to do: /);
    expect(await observer.writes()).toEqual([]);
    expect((await observer.contents("FILLED")).messages).toBe(5);
  });

  it("makes nothing again that somebody deleted, until it is told to", async () => {
    const allowed = { ...FILLED, maxMsgs: 2, allowDataLoss: true };
    project.declare({ streams: { ...REST, FILLED, GONE: LIMITED } });
    const { text } = failed(await upMeanwhile("STREAM.INFO", () => observer.manager.streams.delete("GONE")));
    expect(text).toMatch(/Stream GONE: .*not there any more \[gone\][\s\S]*to do: .*refresh/);
    expect(await observer.writes()).toEqual(["STREAM.DELETE GONE"]);

    project.declare({ streams: { ...REST, FILLED: allowed, GONE: LIMITED } });
    await project.up("--refresh");
    expect(await observer.writes()).toEqual(["STREAM.CREATE GONE", "STREAM.UPDATE FILLED"]);
    expect((await observer.contents("FILLED")).messages).toBe(2);
  });

  it("doesn't delete a stream that was empty when it looked", async () => {
    await observer.manager.streams.purge("FILLED");
    project.declare({ streams: { ...REST, GONE: LIMITED } });
    const { code, plan } = await project.plan();
    expect([code, plan.result]).toEqual([0, "clean"]);
    const { text } = failed(await upMeanwhile("STREAM.INFO", () => observer.fill("filled", 1)));
    expect(text).toMatch(/FILLED is not empty[\s\S]*1 message[\s\S]*to do: /);
    expect(await observer.writes()).toEqual([]);
    expect((await observer.contents("FILLED")).messages).toBe(1);
  });

  it("doesn't take over what somebody made under its name", async () => {
    project.declare({
      streams: { ...REST, FILLED: { ...FILLED, maxMsgs: 2 }, GONE: LIMITED, NEW: {} },
    });
    const { text } = failed(
      await upMeanwhile("STREAM.CREATE", async () => {
        await observer.manager.streams.add({ name: "NEW", subjects: ["new.>"], max_msgs: 7 });
        await observer.fill("new.*", 3);
      }),
    );
    expect(text).toMatch(/Stream NEW: .*\[conflict\][\s\S]*maxMsgs[\s\S]*to do: /);
    expect((await observer.stream("NEW"))?.config).toMatchObject({ subjects: ["new.>"], max_msgs: 7 });
    expect((await observer.contents("NEW")).messages).toBe(3);
    expect((await project.resources()).some(({ id }) => id === "stream/NEW")).toBe(false);
  });
});
