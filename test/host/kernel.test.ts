import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_MESSAGE_BYTES, MAX_PROVIDER_TEXT_BYTES } from "../../providers/kernel/limits.ts";
import { providerText } from "../../providers/kernel/provider-text.ts";
import { UNKNOWN } from "../../providers/kernel/unknown.ts";
import { type Host, HostError, type HostOptions, startHost } from "./host-client.ts";

const PROJECT = fileURLToPath(new URL("../fixtures/kernel/project", import.meta.url));
const REGISTER = fileURLToPath(new URL("../fixtures/kernel/register.ts", import.meta.url));
const execFileAsync = promisify(execFile);
const THING = { __provider: providerText("Thing") };
const PROBE = { __provider: providerText("Probe") };

const running: Host[] = [];
let ground = "";

async function start(options: Partial<HostOptions> = {}): Promise<Host> {
  const host = await startHost({
    cwd: PROJECT,
    ...options,
    config: { "slipway:ground": ground, ...options.config },
  });
  running.push(host);
  return host;
}

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

/** What a program registers for a `Thing`, and reads back from it, in plain Node with Pulumi's mocks. */
async function register(form: "line" | "serialized"): Promise<Registered[]> {
  const env = { ...process.env, SLIPWAY_PROVIDER_FORM: form };
  const { stdout } = await execFileAsync(process.execPath, [REGISTER], { env });
  return JSON.parse(stdout);
}

async function textOf(form: "line" | "serialized"): Promise<string> {
  const [created] = await register(form);
  return String(created?.inputs.__provider);
}

async function failure(call: Promise<unknown>): Promise<HostError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HostError);
  return error as HostError;
}

/** A diff as the engine asks for it when it plans: of inputs that were just checked. */
async function plan(host: Host, id: string, olds: Record<string, unknown>, news: Record<string, unknown>) {
  const { inputs } = await host.check({}, news);
  return host.diff(id, olds, inputs);
}

beforeEach(async () => {
  ground = await mkdtemp(join(tmpdir(), "slipway-ground-"));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((host) => host.stop()));
  await rm(ground, { recursive: true });
});

describe("the stored text in the real host", () => {
  it("is one short line", () => {
    expect(providerText("ObjectStore")).toBe(
      'exports.handler=()=>require("module").createRequire(process.cwd()+"/")("slipway/kind/ObjectStore").provider',
    );
    expect(Buffer.byteLength(providerText("ObjectStore"))).toBeLessThan(MAX_PROVIDER_TEXT_BYTES);
  });

  it.each(["line", "serialized"] as const)("runs a resource's whole life: %s", async (form) => {
    const host = await start();
    const __provider = await textOf(form);
    const declared = { __provider, owner: "p/s/a", name: "anchor", size: 10, tags: ["b", "a", "b"] };

    const { inputs, failures } = await host.check({}, declared);
    expect(failures).toEqual([]);
    expect(inputs).toEqual({ ...declared, tags: ["a", "b"] });

    const created = await host.create(inputs);
    expect(created).toEqual({ id: "anchor", outs: { ...inputs, made: 1, v: 3 } });

    expect(await host.diff("anchor", created.outs, inputs)).toMatchObject({ changes: "none", replaces: [] });
    const grown = { ...inputs, size: 20 };
    expect(await host.diff("anchor", created.outs, grown)).toMatchObject({
      changes: "unknown",
      replaces: [],
    });
    expect(await host.diff("anchor", created.outs, { ...inputs, color: "red" })).toEqual({
      changes: "unknown",
      replaces: ["color"],
      deleteBeforeReplace: true,
    });

    const outs = await host.update("anchor", created.outs, grown);
    expect(outs).toEqual({ ...grown, made: 1, v: 3 });
    expect(await host.read("anchor", outs)).toEqual({ id: "anchor", props: outs, inputs: grown });

    await host.delete("anchor", outs);
    expect(await readdir(ground)).toEqual([]);
    expect(await host.read("anchor", outs)).toEqual({ id: "", props: { __provider }, inputs: undefined });
    await host.delete("anchor", outs);
    expect(host.output()).toContain("Thing anchor: deleted, 20 bytes");
  });

  it("is what a program registers", async () => {
    const [created, found] = await register("line");
    const type = "pulumi-nodejs:dynamic/slipway:Thing";
    const { __provider } = THING;
    const inputs = { __provider, owner: "fleet/dev/main", name: "anchor", size: 10, tags: ["from main"] };
    expect(created).toEqual({ type, name: "main", inputs, outputs: { name: "anchor", size: 10, made: 7 } });
    // A look by id declares nothing, so that read gets nothing but the text.
    expect(found).toEqual({
      type,
      name: "looked-up",
      inputs: THING,
      outputs: { name: "found", size: 3, made: 8 },
    });
  });

  it("captures no path and little else in the serialized form", async () => {
    const [created, found] = await register("serialized");
    const text = String(created?.inputs.__provider);
    expect(created).toMatchObject({ type: "pulumi-nodejs:dynamic/slipway:Thing", outputs: { made: 7 } });
    expect(found?.inputs).toEqual({ __provider: text });
    expect(Buffer.byteLength(text)).toBeLessThan(2_500);
    expect(text).not.toContain(process.cwd());
  });

  it("says which module is missing", async () => {
    const host = await start();
    const error = await failure(host.create({ __provider: providerText("Nowhere") }));
    expect(error.message).toContain("./kind/Nowhere");
  });
});

describe("configuration", () => {
  it("is seen by 20 deletes that start together in a cold process", async () => {
    const host = await start({ config: { "slipway:token": "known" } });
    const props = { ...PROBE, act: "needs-config", v: 1 };
    const deletes = Array.from({ length: 20 }, (_, index) => host.delete(`probe-${index}`, props));
    await expect(Promise.all(deletes)).resolves.toHaveLength(20);
  });

  it("is one for all kinds", async () => {
    const host = await start({ config: { "slipway:token": "known" } });
    await host.create({ ...THING, name: "anchor", size: 1 });
    await expect(host.create({ ...PROBE, act: "needs-config" })).resolves.toMatchObject({ id: "probe" });
  });
});

describe("what leaves the host", () => {
  const odd = {
    big: "12345678901234567890",
    date: "1970-01-01T00:00:00.000Z",
    bytes: "736c6970",
    map: { k: ["1", null] },
    notANumber: null,
    minusZero: 0,
    point: { x: "1", when: "1970-01-01T00:00:00.000Z" },
    list: [null, null, null],
  };

  it("is plain JSON whatever a kind returns", async () => {
    const host = await start();
    const created = await host.create({ ...PROBE, act: "fine" });
    expect(created.outs).toEqual({ ...PROBE, act: "fine", odd, v: 1 });
    expect(await host.update("probe", created.outs, { ...PROBE, act: "fine" })).toEqual(created.outs);
    const { props, inputs } = await host.read("probe", created.outs);
    expect(props).toEqual(created.outs);
    expect(inputs).toEqual({ ...PROBE, act: "fine" });
  });

  it("keeps unknown values where they stand", async () => {
    const host = await start();
    const declared = { ...PROBE, act: "fine", nested: { list: [1, UNKNOWN, { deep: UNKNOWN }] } };
    expect(await host.check({}, declared)).toEqual({ inputs: declared, failures: [] });
    const thing = { ...THING, name: UNKNOWN, size: 5, tags: ["b", UNKNOWN, ""] };
    expect(await host.check({}, thing)).toMatchObject({ inputs: thing, failures: [{ property: "tags[2]" }] });
  });

  it("is never a gRPC status that a kind's error happened to carry", async () => {
    const host = await start();
    const props = { ...PROBE, act: "numeric-code", v: 1 };
    for (const call of [
      host.create(props),
      host.update("x", props, props),
      host.delete("x", props),
      host.read("x", props),
    ]) {
      const error = await failure(call);
      expect(error.grpcCode).toBe(2);
      expect(error.initFailed).toBeUndefined();
      expect(error.message).toContain("Probe");
      expect(error.message).toContain("the ground says 12 [unexpected]");
      expect(error.message).not.toContain("leaked");
    }
  });

  it("has a message even when a bare string was thrown", async () => {
    const host = await start();
    expect((await failure(host.create({ ...PROBE, act: "string" }))).message).toContain(
      "a bare string [unexpected]",
    );
  });

  it("cuts messages before the stream breaks", async () => {
    const host = await start();
    const props = { ...PROBE, act: "huge-message", v: 1 };
    for (const call of [host.create(props), host.delete("x", props)]) {
      const error = await failure(call);
      expect(Buffer.byteLength(error.message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
      expect(error.message).toMatch(/é\n {2}\[cut: /);
    }
  });
});

describe("a partial failure", () => {
  it("is recorded with its provider, goes on in update, and survives a destroy", async () => {
    const host = await start({ config: { "slipway:fault": "half" } });
    const inputs = { ...THING, owner: "p/s/a", name: "anchor", size: 10, allowShrink: true };
    const error = await failure(host.create(inputs));
    const { allowShrink: _, ...kept } = inputs;
    expect(error.initFailed).toEqual({
      id: "anchor",
      properties: { ...kept, made: 1, v: 3 },
      reasons: ["the lamp went out"],
    });
    const recorded = error.initFailed?.properties ?? {};
    expect(await host.update("anchor", recorded, inputs)).toEqual({ ...kept, made: 1, v: 3 });
    await host.delete("anchor", recorded);
    expect(await readdir(ground)).toEqual([]);
  });

  it("is cut to what one trailer carries, and can still be deleted", async () => {
    const host = await start();
    const error = await failure(host.create({ ...PROBE, act: "huge-partial" }));
    expect(error.initFailed).toMatchObject({
      id: "huge",
      properties: { ...PROBE, act: "huge-partial", v: 1 },
    });
    expect(Object.keys(error.initFailed?.properties ?? {})).toContain("p399");
    expect(Buffer.byteLength(error.message)).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    await host.delete("huge", { ...error.initFailed?.properties, act: "fine" });
  });
});

describe("a replacement", () => {
  it("is told to the delete that it begins with, and to nobody else", async () => {
    const host = await start();
    const inputs = { ...THING, name: "anchor", size: 10, color: "red" };
    const { outs } = await host.create(inputs);
    await plan(host, "anchor", outs, { ...inputs, color: "blue" });
    await plan(host, "anchor", outs, { ...inputs, color: "blue" });
    await host.delete("anchor", outs);
    const { outs: again } = await host.create({ ...inputs, color: "blue" });
    await host.delete("anchor", again);
    expect(host.output().trim().split("\n")).toEqual([
      'Thing anchor is replaced because color changes from "red" to "blue": paint can\'t be changed',
      "Thing anchor: deleted to be replaced, 10 bytes",
      "Thing anchor: deleted, 10 bytes",
    ]);
  });

  it("that is refused stops the preview with every reason", async () => {
    const host = await start();
    const inputs = { ...THING, name: "anchor", size: 10 };
    const { outs } = await host.create(inputs);
    const error = await failure(plan(host, "anchor", outs, { ...inputs, size: 5 }));
    expect(error.message).toBe(
      [
        "Thing anchor: a change is not allowed: size [refused]",
        "  size changes from 10 to 5: it would shrink",
        "  to do: set allowShrink",
      ].join("\n"),
    );
    // The engine prints all of it; the host's own line beside it stays short and has no stack.
    expect(host.errors()).toBe("Thing anchor: a change is not allowed: size [refused]: \n");
    expect(await plan(host, "anchor", outs, { ...inputs, size: 5, allowShrink: true })).toMatchObject({
      changes: "unknown",
    });
  });
});

describe("a refresh", () => {
  it("shows drift that could not be declared back, and refuses nothing", async () => {
    const host = await start();
    const inputs = { ...THING, name: "anchor", size: 10 };
    const { outs } = await host.create(inputs);
    await writeFile(join(ground, "anchor.json"), JSON.stringify({ name: "anchor", size: 20, made: 1 }));
    const { props, inputs: live } = await host.read("anchor", outs);
    expect(live).toEqual({ ...inputs, size: 20 });
    expect(await host.diff("anchor", props ?? {}, inputs)).toMatchObject({
      changes: "unknown",
      replaces: [],
    });
    expect((await failure(plan(host, "anchor", props ?? {}, inputs))).message).toContain("from 20 to 10");
  });
});

describe("state", () => {
  it("can be had by id alone", async () => {
    const host = await start();
    await host.create({ ...THING, owner: "p/s/a", name: "anchor", size: 10 });
    const { props } = await host.read("anchor", THING);
    expect(props).toEqual({ ...THING, owner: "p/s/a", name: "anchor", size: 10, made: 1, v: 3 });
  });

  it("of a newer version is refused by every method that needs it", async () => {
    const host = await start();
    const inputs = { ...THING, name: "anchor", size: 10 };
    const newer = { ...inputs, made: 1, v: 4 };
    for (const call of [
      host.diff("anchor", newer, inputs),
      host.update("anchor", newer, inputs),
      host.read("anchor", newer),
      host.delete("anchor", newer),
    ]) {
      expect((await failure(call)).message).toMatch(/version 4.*up to 3 \[state-version\]\n.*newer Slipway/);
    }
  });
});
