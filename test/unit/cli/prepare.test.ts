import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { lockFolder } from "../../../cli/backend/locks.ts";
import type { Session } from "../../../cli/project/session.ts";
import type { PulumiCli } from "../../../cli/pulumi/cli.ts";
import { clearPendingOperations, clearStaleLocks } from "../../../cli/pulumi/prepare.ts";
import { engineError, exportState } from "../../../cli/pulumi/stack-state.ts";
import type { Checkpoint } from "../../../cli/state/deployment.ts";
import { plainStyle } from "../../../cli/terminal/style.ts";
import type { Terminal } from "../../../cli/terminal/terminal.ts";

const session = { project: "slipway", stack: "dev" } as Session;
const STREAM = "pulumi-nodejs:dynamic/slipway:Stream";
const resource = { urn: `urn:pulumi:dev::slipway::${STREAM}::ORDERS`, type: STREAM };
const midRun: Checkpoint = {
  version: 3,
  deployment: { resources: [], pending_operations: [{ resource, type: "creating" }] },
};
const ended: Checkpoint = { version: 3, deployment: { resources: [resource] } };

/** A file backend in a folder, and a CLI that exports `latest` and keeps what it is given to import. */
function setUp(latest: Checkpoint) {
  const directory = mkdtempSync(join(tmpdir(), "slipway-prepare-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const folder = lockFolder(directory, session.project, session.stack);
  mkdirSync(folder, { recursive: true });
  const calls: (readonly string[])[] = [];
  const imported: unknown[] = [];
  const cli = {
    backend: { url: `file://${directory}`, directory },
    env: {},
    async capture(args: readonly string[], options?: { readonly input?: string }) {
      calls.push(args.slice(0, 2));
      if (options?.input !== undefined) imported.push(JSON.parse(options.input));
      return { code: 0, interrupted: false, stdout: JSON.stringify(latest), stderr: "" };
    },
  } as unknown as PulumiCli;
  const notes: string[] = [];
  const terminal = {
    note: (line: string) => void notes.push(line),
    style: plainStyle,
  } as unknown as Terminal;
  const lock = (name: string, pid: number, timestamp: string): void =>
    writeFileSync(
      join(folder, name),
      JSON.stringify({ pid, username: userInfo().username, hostname: hostname(), timestamp }),
    );
  return { cli, terminal, notes, calls, imported, lock, locks: () => readdirSync(folder) };
}

/** From before this process was started: whatever has its pid today is a later one. */
const LONG_AGO = "2001-01-01T00:00:00Z";

it("removes just the lock that is stale: `pulumi cancel` would take a quicker command's new one too", async () => {
  const { cli, terminal, notes, calls, lock, locks } = setUp(ended);
  lock("stale.json", process.pid, LONG_AGO);
  await clearStaleLocks(cli, session, terminal);
  expect([locks(), calls]).toEqual([[], []]);
  expect(notes).toEqual([expect.stringMatching(/^Stack dev had a stale lock, left by .*; removed it\.$/)]);
});

it("removes no lock while somebody works", async () => {
  const { cli, terminal, lock, locks } = setUp(ended);
  lock("a.json", process.pid, LONG_AGO);
  lock("b.json", process.pid, new Date().toISOString());
  await expect(clearStaleLocks(cli, session, terminal)).rejects.toThrow(/is locked: held by/);
  expect(locks()).toEqual(["a.json", "b.json"]);
});

it("doesn't write the middle of a run back over its end", async () => {
  const { cli, terminal, imported, notes } = setUp(ended);
  await clearPendingOperations(cli, session, terminal, midRun);
  expect([imported, notes]).toEqual([[], []]);
});

it("doesn't clear what a running command has under way", async () => {
  const { cli, terminal, imported, lock } = setUp(midRun);
  lock("a.json", process.pid, new Date().toISOString());
  await expect(clearPendingOperations(cli, session, terminal, midRun)).rejects.toThrow(/is locked/);
  expect(imported).toEqual([]);
});

it("names the way out where no backend was chosen, and where the passphrase is not the stack's", async () => {
  const file = { path: "/checkout/Pulumi.prod.yaml" } as Session["file"];
  const none = { backend: undefined, env: {} } as unknown as PulumiCli;
  await expect(exportState(none, { ...session, file })).rejects.toMatchObject({
    message: "nobody has chosen yet where the state of stack dev is kept",
    remedy: expect.stringMatching(/^pulumi login .*Pulumi\.prod\.yaml$/),
  });
  const said = { code: 1, interrupted: false, stdout: "", stderr: "error: incorrect passphrase" };
  expect(engineError("stack dev can't be created", said).remedy).toMatch(/unset both$/);
});

it("clears what a killed run left, and asks for nothing where nothing is pending", async () => {
  const { cli, terminal, imported, calls } = setUp(midRun);
  await clearPendingOperations(cli, session, terminal, ended);
  expect(calls).toEqual([]);
  await clearPendingOperations(cli, session, terminal, midRun);
  expect(imported).toEqual([{ version: 3, deployment: { resources: [] } }]);
});
