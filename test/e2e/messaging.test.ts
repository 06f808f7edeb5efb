import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FLEET_RESERVED_BYTES } from "../../config/presets/fleet.ts";
import { type RealServer, startServer } from "../support/nats/servers.ts";
import { type Contents, type Observer, observe } from "../support/observer.ts";
import { failed, openProject, type Project } from "../support/project.ts";

/** The life of the fleet preset, told in order, on a nats-server that another client watches. */

/** Several commands a test, on a machine that may have other work. */
const STEP_TIMEOUT_MS = 120_000;
/** The preset reserves 10.8 GiB. */
const ROOM = "jetstream { max_file_store: 16GB }";
/** The goal for a run that changes nothing. */
const MOST_REQUESTS_OF_AN_UNCHANGED_RUN = 5;

let server: RealServer;
let observer: Observer;
let project: Project;

/** What the streams below held when they were first filled. */
const first = new Map<string, Contents & { readonly created: string }>();
const look = async (stream: string) => ({
  ...(await observer.contents(stream)),
  created: (await observer.manager.streams.info(stream)).created,
});

beforeAll(async () => {
  server = await startServer("2.14", { config: ROOM });
  observer = await observe(server.url);
  project = await openProject({ stack: "fleet-e2e", servers: server.url });
  project.declare({ preset: "fleet" });
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  await observer?.close();
  await project?.close();
  await server?.stop();
});

describe("the fleet preset", { timeout: STEP_TIMEOUT_MS }, () => {
  it("is 25 healthy resources after the first up", async () => {
    const { out } = await project.up();
    expect(out).toMatch(/^up fleet-e2e: 28 created in /m);
    const { resources, healthy, orphans } = await project.status();
    expect([resources.length, healthy, orphans]).toEqual([25, true, []]);

    const reserved = await Promise.all((await observer.streams()).map((name) => observer.stream(name)));
    expect(reserved.length).toBe(25);
    expect(reserved.reduce((sum, info) => sum + Math.max(0, info?.config.max_bytes ?? 0), 0)).toBe(
      FLEET_RESERVED_BYTES,
    );
    const writes = await observer.writes();
    expect(writes.filter((write) => write.startsWith("STREAM.CREATE")).length).toBe(25);
    expect(writes.length).toBe(25);
  });

  it("is left alone by the second", async () => {
    const before = await observer.apiTotal();
    const { out } = await project.up();
    expect(out).toMatch(/^up fleet-e2e: no changes, 28 unchanged in /m);
    expect(await observer.writes()).toEqual([]);
    // One of them is the counting itself.
    expect((await observer.apiTotal()) - before - 1).toBeLessThanOrEqual(MOST_REQUESTS_OF_AN_UNCHANGED_RUN);
  });

  it("changes buckets, object stores and streams in place, with what they hold", async () => {
    const js = observer.nats.jetstream();
    await observer.fill("events.*.seen", 20, 100_000);
    const jobs = await js.views.kv("jobs");
    for (let revision = 0; revision < 4; revision += 1) await jobs.put("nightly", `revision ${revision}`);
    const output = await js.views.os("result_output");
    await output.putBlob({ name: "report" }, new Uint8Array(300_000).fill(7));
    const changing = ["EVENTS", "KV_jobs", "OBJ_result_output"];
    for (const stream of changing) first.set(stream, await look(stream));
    await observer.writes();

    project.declare({
      preset: "fleet",
      streams: { EVENTS: { maxBytes: "300MiB", description: "what happened" } },
      buckets: { jobs: { ttl: "20d" } },
      objectStores: { result_output: { maxBytes: "900MiB" } },
    });
    const { out } = await project.up();
    expect(out).toMatch(/^up fleet-e2e: 3 updated, 25 unchanged in /m);
    expect(await observer.writes()).toEqual(changing.map((stream) => `STREAM.UPDATE ${stream}`));

    for (const stream of changing) expect([stream, await look(stream)]).toEqual([stream, first.get(stream)]);
    expect([first.get("EVENTS")?.messages, first.get("KV_jobs")?.messages]).toEqual([20, 4]);
    const configs = await Promise.all(changing.map((stream) => observer.stream(stream)));
    expect(configs.map((info) => [info?.config.max_bytes, info?.config.max_age])).toEqual([
      [300 * 2 ** 20, 7 * 86_400e9],
      [-1, 20 * 86_400e9],
      [900 * 2 ** 20, 30 * 86_400e9],
    ]);
    const blob = await output.getBlob("report");
    expect(blob?.every((byte) => byte === 7) && blob.length).toBe(300_000);
    // Reading an object takes a consumer, which is no concern of the next test.
    await observer.writes();
  });

  const LOWERED = { preset: "fleet", streams: { EVENTS: { maxBytes: "1MiB" } } };

  it("refuses a limit below what is held, and says what would be lost", async () => {
    const held = (await observer.manager.streams.info("EVENTS")).state;
    project.declare(LOWERED);
    const { code, plan } = await project.plan();
    expect([code, plan.result]).toEqual([1, "errors"]);
    expect(plan.findings.filter(({ severity }) => severity === "error")).toEqual([
      expect.objectContaining({
        code: "data-loss.max-bytes",
        resource: "Stream EVENTS",
        path: "slipway:nats.streams.EVENTS.maxBytes",
        facts: {
          messages: 10,
          bytes: held.bytes - 2 ** 20,
          precision: "about",
          heldMessages: 20,
          heldBytes: held.bytes,
        },
      }),
    ]);

    const up = failed(await project.slipway("up", "--yes", "--skip-preview"));
    expect(up.text).toMatch(/Stream EVENTS: .*about 10 messages of 20/);
    expect(await observer.writes()).toEqual([]);
    expect(await look("EVENTS")).toEqual(first.get("EVENTS"));
  });

  it("does it where the declaration allows the loss", async () => {
    const streams = { EVENTS: { maxBytes: "1MiB", allowDataLoss: true } };
    project.declare({ ...LOWERED, streams });
    await project.up();
    expect(await observer.writes()).toContain("STREAM.UPDATE EVENTS");
    const { state, config } = await observer.manager.streams.info("EVENTS");
    expect([config.max_bytes, state.messages, state.last_seq]).toEqual([2 ** 20, 10, 20]);
    for (const stream of ["KV_jobs", "OBJ_result_output"]) {
      expect([stream, await look(stream)]).toEqual([stream, first.get(stream)]);
    }
  });

  it("shows drift in a refresh, and repairs it", async () => {
    const { streams } = observer.manager;
    await streams.update("AUDIT", { max_bytes: 2 ** 20 });
    await streams.update("OBS_EVENTS", { subjects: ["observed.>"] });
    await streams.delete("NOTIFICATIONS");
    await observer.writes();

    const refresh = await project.slipway("refresh", "--yes", "--", "--skip-preview", "--diff");
    expect([refresh.code, refresh.out]).toEqual([
      0,
      expect.stringMatching(/^refresh fleet-e2e: 2 updated, 1 deleted, /m),
    ]);
    expect(refresh.out).toMatch(/maxBytes: "1MiB" => "512MiB"|maxBytes: "512MiB" => "1MiB"/);
    expect(await observer.writes()).toEqual([]);

    const { plan } = await project.plan();
    const reasons = plan.changes.flatMap(({ op, name, reasons }) =>
      reasons.map(({ path, before, after }) => [op, name, path, before, after]),
    );
    expect(plan.summary).toMatchObject({ create: 1, update: 2, delete: 0, replace: 0 });
    expect(reasons).toEqual(
      expect.arrayContaining([
        ["update", expect.stringMatching(/AUDIT$/), "maxBytes", "1MiB", "512MiB"],
        ["update", expect.stringMatching(/OBS_EVENTS$/), "subjects[0]", "observed.>", "obs.>"],
      ]),
    );

    await project.up();
    expect(await observer.writes()).toEqual([
      "STREAM.CREATE NOTIFICATIONS",
      "STREAM.UPDATE AUDIT",
      "STREAM.UPDATE OBS_EVENTS",
    ]);
    const { config } = await streams.info("AUDIT");
    expect([config.max_bytes, (await streams.info("OBS_EVENTS")).config.subjects]).toEqual([
      512 * 2 ** 20,
      ["obs.>"],
    ]);
  });

  it("leaves nothing behind when it goes", async () => {
    const down = await project.slipway("down", "--yes");
    expect([down.code, down.out]).toEqual([0, expect.stringMatching(/^down fleet-e2e: 28 deleted in /m)]);
    expect(await observer.streams()).toEqual([]);
    expect(await project.resources()).toEqual([]);
  });
});
