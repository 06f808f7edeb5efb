import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeAllJetStream, openJetStream } from "../../../clients/nats/pool.ts";
import { resolveSettings } from "../../../clients/nats/settings.ts";
import { openBackend } from "../../../providers/jetstream/connect.ts";
import { consumerKind } from "../../../providers/jetstream/consumer/kind.ts";
import { provider as consumerProvider } from "../../../providers/jetstream/consumer/provider.ts";
import { provider as keyValueProvider } from "../../../providers/jetstream/key-value/provider.ts";
import { provider as objectStoreProvider } from "../../../providers/jetstream/object-store/provider.ts";
import { streamKind } from "../../../providers/jetstream/stream/kind.ts";
import { provider as streamProvider } from "../../../providers/jetstream/stream/provider.ts";
import type { Context } from "../../../providers/kernel/kind.ts";
import { failureOf, quietContext } from "../../support/nats/engine.ts";
import { type RealServer, startServer } from "../../support/nats/servers.ts";

const ACCOUNTS = `
  accounts {
    FULL: { jetstream: enabled, users: [ { user: full, password: s3cret } ] }
    SMALL: {
      jetstream: { max_file: 10MB, max_mem: 0, max_streams: 2, max_consumers: 1 }
      users: [ { user: small, password: s3cret } ]
    }
    CAPPED: { jetstream: { max_file: 10MB, max_bytes_required: true }, users: [ { user: capped, password: s3cret } ] }
    NONE: { users: [ { user: none, password: s3cret } ] }
  }`;

describe("through the stack's connection", () => {
  let server: RealServer;
  beforeAll(async () => {
    process.env.SLIPWAY_TEST_PASSWORD = "s3cret";
    process.env.SLIPWAY_TEST_WRONG = "wr0ng";
    server = await startServer("2.14", { config: ACCOUNTS });
  });
  afterAll(async () => {
    await closeAllJetStream();
    await server?.stop();
  });

  const configOf = (user: string, more: object = {}, variable = "SLIPWAY_TEST_PASSWORD") => {
    const connection = { servers: server.url, user, password: { env: variable }, ...more };
    return (key: string) => (key === "slipway:nats" ? JSON.stringify({ connection }) : undefined);
  };
  const contextOf = (config: Context["config"]) => quietContext({ config });
  const stream = streamKind(openBackend);
  const create = (context: Context, declaration: object) =>
    stream.create(context, stream.schema.parse(declaration));

  it("creates a hundred streams over one connection, with a message each", async () => {
    const context = contextOf(configOf("full"));
    const client = await openJetStream(resolveSettings(context.config));
    const declarations = Array.from({ length: 100 }, (_, i) => ({
      name: `S${i}`,
      subjects: [`s.${i}`],
      owner: `p/s/${i}`,
    }));
    const made = await Promise.all(declarations.map((declaration) => create(context, declaration)));
    expect(client.stats).toEqual({ "STREAM.CREATE": 100 });
    const read = await Promise.all(made.map(({ id, ...stored }) => stream.read(context, id, stored)));
    expect(read).toEqual(made.map(({ id: _, ...stored }) => stored));
    expect(client.stats).toEqual({ "STREAM.CREATE": 100, "STREAM.LIST": 1 });
    await Promise.all(made.map(({ id, ...stored }) => stream.delete(context, id, stored)));
    expect(await client.listStreams({ fresh: true })).toEqual([]);
  });

  it.each([
    ["wrong credentials", "full", {}, "SLIPWAY_TEST_WRONG", "unauthorized", /slipway:nats.connection/],
    ["nobody there", "full", { servers: "nats://127.0.0.1:1" }, undefined, "unreachable", /can't be reached/],
    ["no JetStream for the account", "none", {}, undefined, "unreachable", /not enabled for this account/],
    ["a wrong domain", "full", { domain: "moon" }, undefined, "unreachable", /domain or API prefix is wrong/],
    ["settings that can't be used", "full", { token: "t" }, undefined, "invalid-input", /connection\.token/],
  ])("tells the user of %s", async (_label, user, more, variable, errorCode, message) => {
    const failure = await failureOf(create(contextOf(configOf(user, more, variable)), { name: "X" }));
    expect(failure).toMatchObject({ name: "SlipwayError", errorCode });
    expect(failure.message).toMatch(message);
    expect(failure.message).toMatch(/to do: /);
    expect(failure.message).not.toMatch(/s3cret|wr0ng/);
    expect(failure).not.toHaveProperty("code");
  });

  it("says how to start the embedded ground when it is gone", async () => {
    const ground = mkdtempSync(join(tmpdir(), "slipway-gone-"));
    try {
      mkdirSync(join(ground, "ground"));
      writeFileSync(
        join(ground, "ground/endpoints.json"),
        JSON.stringify({ nats: { url: "nats://127.0.0.1:1" } }),
      );
      const settings = resolveSettings((key) => (key === "slipway:ground" ? "embedded" : undefined), {
        env: { SLIPWAY_DIR: ground },
        cwd: ground,
      });
      const failure = await failureOf(
        streamKind(() => openJetStream(settings)).create(quietContext(), stream.schema.parse({ name: "X" })),
      );
      expect(failure.message).toContain("to do: npx slipway ground up");
    } finally {
      rmSync(ground, { recursive: true });
    }
  });

  it("tells which limit of the account stands in the way", async () => {
    const small = contextOf(configOf("small"));
    const big = await failureOf(create(small, { name: "BIG", maxBytes: "1GiB" }));
    expect(big).toMatchObject({ errorCode: "over-budget" });
    await create(small, { name: "A" });
    await create(small, { name: "B" });
    const third = await failureOf(create(small, { name: "C" }));
    expect(third).toMatchObject({ errorCode: "over-budget" });
    expect(third.message).toMatch(/limit of streams/);
    const consumers = consumerKind(openBackend);
    const consumer = (durable: string) =>
      consumers.create(small, consumers.schema.parse({ stream: "A", durable, owner: `p/s/${durable}` }));
    await consumer("one");
    expect((await failureOf(consumer("two"))).message).toMatch(/limit of consumers/);
    const capped = await failureOf(create(contextOf(configOf("capped")), { name: "X" }));
    expect(capped.message).toMatch(/set maxBytes/);
  });

  it("serves all four kinds as Pulumi providers", async () => {
    const config = { get: configOf("full") };
    const declared = [
      [streamProvider, { name: "P", subjects: ["p.>"], maxAge: "30d" }],
      [keyValueProvider, { bucket: "p", history: 5 }],
      [objectStoreProvider, { bucket: "p", ttl: "30d" }],
      [consumerProvider, { stream: "P", durable: "reader" }],
    ] as const;
    const made = [];
    for (const [provider, declaration] of declared) {
      await provider.configure({ config });
      const { inputs, failures } = await provider.check(
        {},
        { ...declaration, owner: "p/s/x", deletionPolicy: "delete" },
      );
      expect(failures).toEqual([]);
      const { id, outs } = await provider.create(inputs);
      expect((await provider.diff(id, outs, inputs)).replaces ?? []).toEqual([]);
      expect(await provider.read(id, outs)).toMatchObject({ id, props: outs });
      made.push({ provider, id, outs });
    }
    for (const { provider, id, outs } of made.reverse()) await provider.delete(id, outs);
    for (const { provider, id, outs } of made) expect(await provider.read(id, outs)).toEqual({});
  });
});
