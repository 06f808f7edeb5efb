import { cpSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT } from "../../cli/project/session.ts";
import { type RealServer, startServer } from "../support/nats/servers.ts";
import { type Observer, observe } from "../support/observer.ts";
import { type Ended, failed, openProject, type Project, succeeded } from "../support/project.ts";

/** Plain `pulumi`, without the command line: on a program of one's own with the kinds' classes, and on this checkout's. */

const STEP_TIMEOUT_MS = 60_000;
const PROGRAM = join(CHECKOUT, "test", "fixtures", "programs", "orders");
const STACK = "programs-e2e";

let server: RealServer;
let observer: Observer;
let project: Project;

/** Plain `pulumi` in the folder of a program. */
const pulumiIn =
  (folder: string) =>
  (command: string, ...args: readonly string[]): Promise<Ended> =>
    project.pulumi(
      ...["--cwd", folder, command, "--stack", STACK, "--config-file", project.configFile],
      ...["--non-interactive", ...args],
    );
/** `stack init` writes a stack file beside Pulumi.yaml, which is not to be the program's. */
async function makeStack(program: string): Promise<void> {
  const folder = mkdtempSync(join(project.folder, "init-"));
  cpSync(join(program, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  succeeded(await project.pulumi("--cwd", folder, "stack", "init", STACK, "--no-select"));
}

beforeAll(async () => {
  server = await startServer("2.14");
  observer = await observe(server.url);
  project = await openProject({ stack: STACK, servers: server.url });
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  await observer?.close();
  await project?.close();
  await server?.stop();
});

describe("a program of one's own", { timeout: STEP_TIMEOUT_MS }, () => {
  const pulumi = pulumiIn(PROGRAM);
  const declare = (maxBytes: string): void =>
    project.declareRaw({
      "slipway:nats": { connection: { servers: server.url } },
      "orders:maxBytes": maxBytes,
    });
  const outputs = async (): Promise<unknown> => {
    const show = ["stack", "output", "--json", "--stack", STACK];
    return JSON.parse(succeeded(await project.pulumi("--cwd", PROGRAM, ...show)).out);
  };

  beforeAll(async () => {
    await makeStack(PROGRAM);
    declare("8MiB");
    await observer.manager.streams.add({ name: "RESULTS", subjects: ["results.>"] });
    await observer.fill("results.*", 3);
    await observer.writes();
  }, STEP_TIMEOUT_MS);

  it("previews values that only the up will know, and changes nothing", async () => {
    const { out } = succeeded(await pulumi("preview"));
    expect(out).toMatch(/\+ 5 to create/);
    expect(await observer.writes()).toEqual([]);
  });

  it("makes what it declares, and looks at what somebody else manages", async () => {
    const created = (await observer.stream("RESULTS"))?.created;
    succeeded(await pulumi("up", "--yes", "--skip-preview"));
    expect(await observer.writes()).toEqual([
      "CONSUMER.CREATE ORDERS.billing",
      "STREAM.CREATE KV_carts",
      "STREAM.CREATE OBJ_invoices",
      "STREAM.CREATE ORDERS",
    ]);
    expect(await outputs()).toEqual({ resultSubjects: ["results.>"], resultsCreated: created });
    const carts = await observer.stream("KV_carts");
    expect(carts?.config.description).toBe(`since ${(await observer.stream("ORDERS"))?.created}`);
  });

  it("changes only what differs, with what it holds", async () => {
    succeeded(await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes"));
    await observer.fill("orders.*", 5);
    const held = await observer.contents("ORDERS");
    expect(await observer.writes()).toEqual([]);
    declare("16MiB");
    succeeded(await pulumi("up", "--yes", "--skip-preview"));
    expect(await observer.writes()).toEqual(["STREAM.UPDATE ORDERS"]);
    expect((await observer.stream("ORDERS"))?.config.max_bytes).toBe(16 * 2 ** 20);
    expect(await observer.contents("ORDERS")).toEqual(held);
  });

  it("is guarded inside the update, where no survey has looked", async () => {
    await observer.fill("orders.big", 20, 100_000);
    const held = await observer.contents("ORDERS");
    await observer.writes();
    declare("1MiB");
    const { text } = failed(await pulumi("up", "--yes", "--skip-preview"));
    expect(text).toMatch(/Stream ORDERS: .*\[data-loss\][\s\S]*of 25[\s\S]*to do: set allowDataLoss/);
    expect(await observer.writes()).toEqual([]);
    expect(await observer.contents("ORDERS")).toEqual(held);
    declare("16MiB");
  });

  it("sees what changed outside, and never changes what it only looks at", async () => {
    const { manager } = observer;
    await manager.streams.update("RESULTS", { subjects: ["outcomes.>"] });
    await manager.streams.update("OBJ_invoices", { max_bytes: 2 ** 20 });
    await manager.streams.delete("KV_carts");
    await observer.writes();
    const refreshed = succeeded(await pulumi("refresh", "--yes", "--skip-preview"));
    expect(refreshed.out).toMatch(/~ \d updated/);
    expect(refreshed.out).toMatch(/- 1 deleted/);
    expect(await observer.writes()).toEqual([]);

    succeeded(await pulumi("up", "--yes", "--skip-preview"));
    expect(await observer.writes()).toEqual(["STREAM.CREATE KV_carts", "STREAM.UPDATE OBJ_invoices"]);
    expect(await outputs()).toMatchObject({ resultSubjects: ["outcomes.>"] });
  });

  it("leaves nothing behind but what it never managed", async () => {
    const held = await observer.contents("RESULTS");
    succeeded(await pulumi("destroy", "--yes", "--skip-preview"));
    expect(await observer.streams()).toEqual(["RESULTS"]);
    expect(await observer.contents("RESULTS")).toEqual(held);
  });
});

describe("this checkout's program", { timeout: STEP_TIMEOUT_MS }, () => {
  const pulumi = pulumiIn(CHECKOUT);
  const declare = (maxBytes: string): void => project.declare({ streams: { EVENTS: { maxBytes } } });

  it("is brought up", async () => {
    declare("8MiB");
    succeeded(await pulumi("up", "--yes", "--skip-preview"));
    expect(await observer.stream("EVENTS")).toBeDefined();
    await observer.fill("EVENTS", 20, 100_000);
  });

  it("says what would be lost in its preview, which fails, and stops an up before anything is changed", async () => {
    const held = await observer.contents("EVENTS");
    declare("1MiB");
    await observer.writes();
    const loss =
      /Stream EVENTS: .*KiB of .*MiB would be deleted, about 10 messages of 20 \[data-loss\.max-bytes\]\s+at: slipway:nats\.streams\.EVENTS\.maxBytes/;
    const preview = failed(await pulumi("preview"));
    expect(preview.text).toMatch(loss);
    // The whole plan beside it.
    expect(preview.text).toMatch(/fleet-messaging-EVENTS update/);
    expect(failed(await pulumi("up", "--yes", "--skip-preview")).text).toMatch(loss);
    expect([await observer.writes(), await observer.contents("EVENTS")]).toEqual([[], held]);
  });

  it("sees drift in a refresh, and repairs it", async () => {
    declare("8MiB");
    await observer.manager.streams.update("EVENTS", { max_bytes: 16 * 2 ** 20 });
    const { out } = succeeded(await pulumi("refresh", "--yes", "--skip-preview"));
    expect(out).toMatch(/~ 1 updated/);
    succeeded(await pulumi("up", "--yes", "--skip-preview"));
    expect((await observer.stream("EVENTS"))?.config.max_bytes).toBe(8 * 2 ** 20);
    expect((await observer.contents("EVENTS")).messages).toBe(20);
  });

  it("is taken down", async () => {
    succeeded(await pulumi("destroy", "--yes", "--skip-preview"));
    expect(await observer.stream("EVENTS")).toBeUndefined();
  });
});
