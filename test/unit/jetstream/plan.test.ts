import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consumerSchema } from "../../../providers/jetstream/consumer/schema.ts";
import { planConsumer, planStorage, recreatesConsumer } from "../../../providers/jetstream/plan.ts";
import { keyValueStorage, objectStoreStorage, streamStorage } from "../../../providers/jetstream/storage.ts";
import { consumerInput, keyValueInput, objectStoreInput, streamInput } from "./arbitraries.ts";

const stream = (fields: Record<string, unknown>) => streamStorage.schema.parse({ name: "S", ...fields });
const bucket = (fields: Record<string, unknown>) => keyValueStorage.schema.parse({ bucket: "b", ...fields });
const consumer = (fields: Record<string, unknown>) =>
  consumerSchema.parse({ stream: "S", durable: "c", ...fields });

describe("the plan", () => {
  it("is empty for the same declaration, whatever guides the run", () => {
    fc.assert(
      fc.property(streamInput, fc.boolean(), (input, flag) => {
        const guided = { ...input, adopt: "always" as const, allowDataLoss: flag, allowReplace: flag };
        expect(planStorage(streamStorage, input, guided)).toEqual({ action: "none", changes: [] });
      }),
    );
    fc.assert(
      fc.property(keyValueInput, (input) => planStorage(keyValueStorage, input, input).action === "none"),
    );
    fc.assert(
      fc.property(
        objectStoreInput,
        (input) => planStorage(objectStoreStorage, input, input).action === "none",
      ),
    );
    fc.assert(fc.property(consumerInput, (input) => planConsumer(input, input).action === "none"));
  });

  it("refuses without allowReplace exactly what it replaces with it", () => {
    fc.assert(
      fc.property(streamInput, streamInput, (priorLife, otherLife) => {
        const { deletionPolicy: _, ...prior } = priorLife;
        const { sealed: _sealed, ...other } = otherLife;
        const next = { ...other, name: prior.name };
        const strict = planStorage(streamStorage, prior, { ...next, allowReplace: false });
        const free = planStorage(streamStorage, prior, { ...next, allowReplace: true });
        expect(free.action).toBe(strict.action === "refused" ? "replace" : strict.action);
        const paths = (plan: typeof strict, effect: string) =>
          plan.changes.filter((change) => change.effect === effect).map(({ path }) => path);
        expect(paths(free, "replace")).toEqual(paths(strict, "refused"));
      }),
    );
  });

  it.each([
    [{ storage: "memory" }, "storage"],
    [{ retention: "workqueue" }, "retention"],
    [{ firstSeq: 5 }, "firstSeq"],
    [{ allowMsgCounter: true }, "allowMsgCounter"],
    [{ persistMode: "async" }, "persistMode"],
    [{ mirror: { name: "O" } }, "mirror"],
  ])("refuses %j, and replaces with consent", (fields, path) => {
    const refused = planStorage(streamStorage, stream({}), stream(fields));
    expect(refused.action).toBe("refused");
    expect(refused.changes.find((change) => change.path === path)).toMatchObject({ effect: "refused" });
    expect(planStorage(streamStorage, stream({}), stream({ ...fields, allowReplace: true })).action).toBe(
      "replace",
    );
  });

  it.each([
    ["the old one stays in its place", { deletionPolicy: "retain" }, { storage: "memory" }, "retain"],
    ["no server creates the new one", {}, { storage: "memory", sealed: true }, "sealed"],
  ])("refuses a replacement, allowed or not, where %s", (_label, prior, next, why) => {
    const plan = planStorage(streamStorage, stream(prior), stream({ ...prior, ...next, allowReplace: true }));
    expect(plan.action).toBe("refused");
    const refused = plan.changes.find(({ path }) => path === "storage");
    expect(refused?.reason).toContain(why);
    expect(refused?.remedy).toMatch(/deletionPolicy|sealed/);
  });

  it.each([
    [{}, false],
    [{ allowReplace: true }, true],
    [{ allowDataLoss: true }, true],
  ])("takes a new name with %j for consent to the old one's loss: %s", (permission, consented) => {
    const plan = planStorage(streamStorage, stream({}), { ...stream({}), name: "OTHER", ...permission });
    expect(plan).toMatchObject({ action: "replace", consented });
  });

  it.each(["denyDelete", "denyPurge", "sealed", "allowMsgTtl", "allowMsgSchedules"])(
    "turns %s on, never off",
    (flag) => {
      const [off, on] = [stream({}), stream({ [flag]: true })];
      expect(planStorage(streamStorage, off, on).action).toBe("update");
      expect(planStorage(streamStorage, on, off)).toMatchObject({
        action: "refused",
        changes: [{ path: flag }],
      });
    },
  );

  it("blames the property that turned a flag on", () => {
    const marker = stream({ subjectDeleteMarkerTtl: "5s" });
    expect(planStorage(streamStorage, marker, stream({}))).toMatchObject({
      action: "refused",
      changes: [{ path: "subjectDeleteMarkerTtl", effect: "refused" }],
    });
    expect(planStorage(streamStorage, marker, stream({ allowMsgTtl: true })).action).toBe("update");
    expect(planStorage(keyValueStorage, bucket({ limitMarkerTtl: "5s" }), bucket({})).changes).toMatchObject([
      { path: "limitMarkerTtl", effect: "refused" },
    ]);
  });

  it("updates the rest in place: a promotion, an age, a cap, a bucket's ttl", () => {
    expect(planStorage(streamStorage, stream({ mirror: { name: "O" } }), stream({})).action).toBe("update");
    expect(planStorage(streamStorage, stream({ maxAge: "1d" }), stream({ maxBytes: "1GiB" })).action).toBe(
      "update",
    );
    expect(planStorage(streamStorage, stream({}), stream({ retention: "interest" })).action).toBe("update");
    expect(planStorage(keyValueStorage, bucket({}), bucket({ ttl: "1d", history: 5 })).action).toBe("update");
  });

  it("replaces for a new name, without refusing what goes with it", () => {
    const plan = planStorage(streamStorage, stream({}), stream({ name: "T", storage: "memory" }));
    expect(plan.action).toBe("replace");
    expect(plan.changes.map(({ path, effect }) => [path, effect])).toEqual([
      ["name", "replace"],
      ["storage", "update"],
    ]);
  });

  it("makes a consumer again where the server can't change it", () => {
    const [prior, next] = [consumer({}), consumer({ deliverPolicy: "new" })];
    expect(planConsumer(prior, next).action).toBe("refused");
    expect(planConsumer(prior, { ...next, allowReplace: true }).action).toBe("update");
    expect(recreatesConsumer(prior, next)).toBe(true);
    expect(recreatesConsumer(prior, consumer({ ackWait: "1m" }))).toBe(false);
    expect(planConsumer(prior, consumer({ deliverSubject: "x" })).changes).toMatchObject([
      { path: "deliverSubject", effect: "refused" },
    ]);
    expect(planConsumer(prior, consumer({ durable: "d" })).action).toBe("replace");
    expect(planConsumer(prior, consumer({ stream: "T" })).action).toBe("replace");
  });
});
