import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CrashWorld, type LiveStream, openCrashWorld, PARALLEL, STACK } from "../support/crash-world.ts";
import type { Part } from "../support/processes.ts";
import { type Declarations, type Ended, succeeded } from "../support/project.ts";

/** Real processes are killed in the middle of their work; what the next run makes of it is the test. */

const STORY_TIMEOUT_MS = 120_000;
/** Writes that the server has taken when the killing begins. */
const DONE = 15;
const NAMES = Array.from({ length: 50 }, (_, index) => `CRASH_${String(index).padStart(2, "0")}`);
const IDS = NAMES.map((name) => `stream/${name}`);
const STALE_LOCK = new RegExp(
  `^Stack ${STACK} had a stale lock, left by .*without releasing it; removed it\\.$`,
  "m",
);

const AT_EVERY_STEP = { saving: "at every step", args: ["--checkpoints"] } as const;
const AT_THE_END = { saving: "once, at the end", args: [] } as const;
const AS_BEFORE = { since: "as it was", description: "one" } as const;
/** To the server an identical create is none; only its mark says whose a stream is that differs. */
const EDITED = { since: "edited since", description: "two" } as const;
const HOST = { killed: "the provider host", parts: ["host"] } as const;
const CLI = { killed: "the CLI", parts: ["engine"] } as const;
const BOTH = { killed: "the CLI and the provider host", parts: ["engine", "host"] } as const;

const named = (names: readonly string[], entry: (name: string) => object): Record<string, object> =>
  Object.fromEntries(names.map((name) => [name, { deletionPolicy: "delete", ...entry(name) }]));
const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
const subjectOf = (stream: string): string => `crash.${stream}`;
const fifty = (description: string): Declarations => ({
  streams: named(NAMES, (name) => ({ subjects: [subjectOf(name)], description })),
});

let world: CrashWorld;

async function publishToAll(streams: Iterable<string>): Promise<void> {
  for (const stream of streams) await world.publish(subjectOf(stream), `for ${stream}`);
}

const withMessages = (
  streams: ReadonlyMap<string, LiveStream>,
  description: string,
): Map<string, LiveStream> =>
  new Map(
    [...streams].map(([name, { created }]) => [name, { created, description, messages: [`for ${name}`] }]),
  );

/** Those of the streams that were there at an earlier time. */
const ofThem = (now: ReadonlyMap<string, LiveStream>, then: ReadonlyMap<string, LiveStream>) =>
  new Map([...now].filter(([name]) => then.has(name)));

/** All that a next command may leave behind, whatever happened before it. */
async function expectSettled(ids: readonly string[]): Promise<void> {
  expect(world.recorded()).toEqual({ ids, pending: [] });
  expect(world.lockOwners()).toEqual([]);
  await world.noProcessLeft();
}

interface Next {
  readonly args?: readonly string[];
  /** Another one than that of the killed run: an edit that came in between. Default: `one`. */
  readonly description?: string;
}

/** The next up after a crash: everything declared is there, and what was there is still itself. */
async function expectUpGoesOn(
  survivors: ReadonlyMap<string, LiveStream>,
  { args = [], description = "one" }: Next = {},
): Promise<Ended> {
  await publishToAll(survivors.keys());
  world.declare(fifty(description));
  const ended = succeeded(await world.run("up", ...args));
  const now = await world.live();
  expect([...now.keys()].sort()).toEqual(NAMES);
  expect(ofThem(now, survivors)).toEqual(withMessages(survivors, description));
  await expectSettled(IDS);
  return ended;
}

beforeAll(async () => {
  world = await openCrashWorld();
});

beforeEach(async () => {
  await world.newStack();
  world.declare(fifty("one"));
});

afterEach(() => world.reset());

afterAll(() => world?.close());

describe("an up of 50 streams", { timeout: STORY_TIMEOUT_MS }, () => {
  for (const { killed, parts } of [HOST, CLI, BOTH]) {
    for (const { saving, args, since, description } of [
      { ...AT_EVERY_STEP, ...AS_BEFORE },
      { ...AT_THE_END, ...EDITED },
    ]) {
      it(`goes on when ${killed} was killed, the state is saved ${saving} and the config is ${since}`, async () => {
        const { ended } = await world.inTheMiddle("STREAM.CREATE", DONE, "up", ...args);
        await world.hasStreams(DONE);
        const [victim] = world.kill(...parts);
        expect((await ended).code).toBe(1);
        await world.noProcessLeft();
        world.gate.dismiss();

        const cliDied = (parts as readonly Part[]).includes("engine");
        expect(world.lockOwners()).toEqual(cliDied ? [victim?.pid] : []);
        const { err } = await expectUpGoesOn(await world.live(), { args, description });
        if (cliDied) expect(err).toMatch(STALE_LOCK);
        else expect(err).not.toContain("lock");
      });
    }
  }

  it("goes on when the CLI was killed and the host finished what it had begun", async () => {
    const { ended } = await world.inTheMiddle("STREAM.CREATE", DONE, "up");
    world.kill("engine");
    world.gate.open();
    expect((await ended).code).toBe(1);
    await world.noProcessLeft();
    const survivors = await world.live();
    expect(survivors.size).toBeGreaterThanOrEqual(DONE);
    // Nobody is there to ask for more.
    expect(survivors.size).toBeLessThanOrEqual(DONE + PARALLEL);
    await expectUpGoesOn(survivors);
  });

  it("goes on by itself when only Slipway's own command was killed, and nobody comes in between", async () => {
    const { ended } = await world.inTheMiddle("STREAM.CREATE", DONE, "up");
    world.kill("command");
    const [owner] = world.lockOwners();
    const second = await world.run("up");
    expect([second.code, second.err]).toEqual([
      1,
      expect.stringMatching(
        new RegExp(`stack ${STACK} is locked: held by .*process ${owner}.*which is running`),
      ),
    ]);
    expect(world.lockOwners()).toEqual([owner]);

    world.gate.open();
    // Its output stays open as long as the engine, which has it too.
    expect((await ended).code).toBe(null);
    await world.noProcessLeft();
    expect([...(await world.live()).keys()].sort()).toEqual(NAMES);
    await expectSettled(IDS);
  });

  it("names what was made when nothing of it is recorded, and a down after the next up removes it", async () => {
    const { ended } = await world.inTheMiddle("STREAM.CREATE", DONE, "up");
    await world.hasStreams(DONE);
    world.kill("engine", "host");
    await ended;
    await world.noProcessLeft();
    world.gate.dismiss();
    const made = [...(await world.live()).keys()].sort();
    expect(world.recorded().ids).toEqual([]);

    const down = await world.run("down");
    expect(down.code).toBe(1);
    for (const name of made) expect(down.err).toContain(`stream/${name}`);
    expect([...(await world.live()).keys()].sort()).toEqual(made);

    succeeded(await world.run("up"));
    succeeded(await world.run("down"));
    expect((await world.live()).size).toBe(0);
    await expectSettled([]);
  });

  it("goes on when the server was killed and came back", async () => {
    const { ended } = await world.inTheMiddle("STREAM.CREATE", DONE, "up");
    await world.hasStreams(DONE);
    const survivors = await world.live();
    await world.killServer();
    await world.restartServer();
    world.gate.dismiss();
    // The run may have waited long enough to go on by itself, or not; the next one sees no difference.
    expect([0, 1]).toContain((await ended).code);
    await expectUpGoesOn(survivors);
  });

  it("fails while the server stays away, and goes on when it is back", async () => {
    const { ended } = await world.inTheMiddle("STREAM.CREATE", DONE, "up");
    await world.hasStreams(DONE);
    const survivors = await world.live();
    await world.killServer();
    world.gate.dismiss();
    const failed = await ended;
    expect([failed.code, failed.out]).toEqual([1, expect.stringContaining("can't be reached")]);
    await world.restartServer();
    expect(await world.live()).toEqual(survivors);
    await expectUpGoesOn(survivors);
  });
});

describe("50 streams with messages", { timeout: STORY_TIMEOUT_MS }, () => {
  for (const { killed, parts, saving, args } of [
    { ...HOST, ...AT_EVERY_STEP },
    { ...CLI, ...AT_THE_END },
    { ...BOTH, ...AT_THE_END },
  ]) {
    it(`are all changed, then all deleted, when ${killed} was killed in both and the state is saved ${saving}`, async () => {
      succeeded(await world.run("up", ...args));
      const before = await world.live();
      await publishToAll(NAMES);

      world.declare(fifty("two"));
      const update = await world.inTheMiddle("STREAM.UPDATE", DONE, "up", ...args);
      world.kill(...parts);
      expect((await update.ended).code).toBe(1);
      await world.noProcessLeft();
      world.gate.dismiss();
      const between = [...(await world.live()).values()].map(({ description }) => description);
      expect(between.filter((description) => description === "two")).toHaveLength(DONE);
      succeeded(await world.run("up", ...args));
      expect(await world.live()).toEqual(withMessages(before, "two"));
      await expectSettled(IDS);

      const destroy = await world.inTheMiddle("STREAM.DELETE", DONE, "down", ...args);
      await world.hasStreams(NAMES.length - DONE);
      world.kill(...parts);
      expect((await destroy.ended).code).toBe(1);
      await world.noProcessLeft();
      world.gate.dismiss();
      succeeded(await world.run("down", ...args));
      expect((await world.live()).size).toBe(0);
      await expectSettled([]);
    });
  }
});

describe("every kind", { timeout: STORY_TIMEOUT_MS }, () => {
  it("takes up what a killed up made and nobody recorded", async () => {
    const buckets = numbered("bucket", 6);
    const stores = numbered("store", 6);
    const durables = numbered("worker", 12);
    const declare = (description: string) =>
      world.declare({
        streams: named(["WORK"], () => ({ subjects: ["work.>"], description })),
        buckets: named(buckets, () => ({ description })),
        objectStores: named(stores, () => ({ description })),
        consumers: named(durables, () => ({ stream: "WORK", description })),
      });
    declare("one");
    const killBoth = async (ended: Promise<Ended>) => {
      world.kill("engine", "host");
      await ended;
      await world.noProcessLeft();
      world.gate.dismiss();
    };

    // Nine of 13 streams: some of each kind.
    const { ended: first } = await world.inTheMiddle("STREAM.CREATE", 9, "up");
    await world.hasStreams(9);
    await killBoth(first);
    const made = await world.live();
    for (const prefix of ["KV_", "OBJ_"])
      expect([...made.keys()].some((name) => name.startsWith(prefix))).toBe(true);

    const { ended: second } = await world.inTheMiddle("CONSUMER.CREATE", 6, "up");
    await killBoth(second);
    const consumers = await world.consumers("WORK");
    expect(consumers.size).toBe(6);
    expect(world.recorded().ids).toEqual([]);

    declare("two");
    succeeded(await world.run("up"));
    const changed = [...made].map(([name, stream]) => [name, { ...stream, description: "two" }] as const);
    expect(ofThem(await world.live(), made)).toEqual(new Map(changed));
    const all = await world.consumers("WORK");
    expect([...all.keys()].sort()).toEqual([...durables].sort());
    expect(new Map([...all].filter(([name]) => consumers.has(name)))).toEqual(consumers);
    await expectSettled(
      [
        ...buckets.map((name) => `kv/${name}`),
        ...stores.map((name) => `obj/${name}`),
        ...durables.map((name) => `consumer/WORK/${name}`),
        "stream/WORK",
      ].sort(),
    );
  });
});
