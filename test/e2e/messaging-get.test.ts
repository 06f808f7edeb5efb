import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AckPolicy } from "nats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT } from "../../cli/project/session.ts";
import { type RealServer, startServer } from "../support/nats/servers.ts";
import { type Observer, observe } from "../support/observer.ts";
import { failed, openProject, type Project, succeeded } from "../support/project.ts";

/** A program of somebody else's that uses the kinds: it looks at what is there, and leaves it alone. */

/** Several commands a test, on a machine that may have other work. */
const STEP_TIMEOUT_MS = 120_000;

let server: RealServer;
let observer: Observer;
let project: Project;

const kind = (path: string): string => JSON.stringify(join(CHECKOUT, "providers", "jetstream", path));
const program = (stream: string): string => `
import { Consumer } from ${kind("consumer/resource.ts")};
import { KeyValue } from ${kind("key-value/resource.ts")};
import { ObjectStore } from ${kind("object-store/resource.ts")};
import { Stream } from ${kind("stream/resource.ts")};

const stream = Stream.get("theirs", "stream/${stream}");
const bucket = KeyValue.get("settings", "kv/settings");
const store = ObjectStore.get("files", "obj/files");
const consumer = Consumer.get("reader", "consumer/THEIRS/reader");
export const seen = {
  subjects: stream.subjects,
  maxBytes: stream.maxBytes,
  history: bucket.history,
  ttl: store.ttl,
  ackWait: consumer.ackWait,
};
`;

/** Plain \`pulumi\` on the other program, which finds the kinds by the package's name as an installed one would. */
function pulumi(...args: readonly string[]) {
  const { folder, stack, configFile } = project;
  return project.pulumi(...args, "--cwd", folder, "--stack", stack, "--config-file", configFile);
}
const up = () => pulumi("up", "--yes", "--skip-preview", "--non-interactive");

beforeAll(async () => {
  server = await startServer("2.14");
  observer = await observe(server.url);
  project = await openProject({ stack: "get-e2e", servers: server.url });
  project.declare({});
  const { folder } = project;
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(CHECKOUT, "node_modules", "@pulumi"), join(folder, "node_modules", "@pulumi"));
  symlinkSync(CHECKOUT, join(folder, "node_modules", "slipway"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", main: "index.ts" }));
  writeFileSync(join(folder, "index.ts"), program("THEIRS"));
}, STEP_TIMEOUT_MS);

afterAll(async () => {
  await observer?.close();
  await project?.close();
  await server?.stop();
});

describe("static get", { timeout: STEP_TIMEOUT_MS }, () => {
  it("reads every kind, writes nothing, and destroys nothing", async () => {
    const js = observer.nats.jetstream();
    await observer.manager.streams.add({ name: "THEIRS", subjects: ["theirs.>"], max_bytes: 2 ** 20 });
    const reader = { durable_name: "reader", ack_policy: AckPolicy.Explicit, ack_wait: 45e9 };
    await observer.manager.consumers.add("THEIRS", reader);
    await js.views.kv("settings", { history: 7 });
    await js.views.os("files", { ttl: 3_600e9 });
    const before = await observer.streams();
    await observer.writes();

    succeeded(await up());
    const output = succeeded(await project.pulumi("stack", "output", "--json", "--stack", project.stack));
    expect(JSON.parse(output.out)).toEqual({
      seen: { subjects: ["theirs.>"], maxBytes: "1MiB", history: 7, ttl: "1h", ackWait: "45s" },
    });
    succeeded(await pulumi("destroy", "--yes", "--skip-preview", "--non-interactive"));
    expect([await observer.writes(), await observer.streams()]).toEqual([[], before]);
  });

  it("fails for what is not there", async () => {
    writeFileSync(join(project.folder, "index.ts"), program("NOWHERE"));
    expect(failed(await up()).text).toMatch(/Stream stream\/NOWHERE: there is nothing of this id/);
  });
});
