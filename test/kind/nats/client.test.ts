import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SharedConnection } from "../../../clients/nats/connection.ts";
import {
  JetStreamApiError,
  JetStreamDisabled,
  NatsUnauthorized,
  NatsUnreachable,
} from "../../../clients/nats/errors.ts";
import { JetStreamClient } from "../../../clients/nats/jetstream.ts";
import { closeAllJetStream, openJetStream } from "../../../clients/nats/pool.ts";
import { settingsFor } from "../../../clients/nats/settings.ts";
import { type RealServer, startServer } from "../../support/nats/servers.ts";

const TWO_USERS = `
  accounts {
    A: { jetstream: enabled, users: [
      { user: alice, password: secret },
      { user: reader, password: secret, permissions: { publish: ["$JS.API.INFO", "$JS.API.STREAM.INFO.>"] } }
    ] }
    B: { users: [ { user: bob, password: secret } ] }
  }`;

const as = (user: string, secret = "secret") => ({ credentials: { by: "password", user, secret } as const });

const clientAt = async (
  url: string,
  more: Parameters<typeof settingsFor>[1] = {},
): Promise<JetStreamClient> => {
  const client = new JetStreamClient(new SharedConnection(settingsFor(url, more)));
  await client.open();
  return client;
};

describe("the connection", () => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startServer("2.14", { config: TWO_USERS });
  });
  afterAll(async () => {
    await closeAllJetStream();
    await server?.stop();
  });

  it("fails at the first try where nobody listens", async () => {
    await expect(clientAt("nats://127.0.0.1:1")).rejects.toThrow(NatsUnreachable);
  });

  it("tells wrong credentials from a server that is not there", async () => {
    await expect(clientAt(server.url, as("alice", "wrong"))).rejects.toThrow(NatsUnauthorized);
  });

  it("tells a right that is missing at once, not by a timeout", async () => {
    const client = await clientAt(server.url, { ...as("reader"), requestTimeoutMs: 60_000 });
    await expect(client.createStream({ name: "X" })).rejects.toThrow(NatsUnauthorized);
    await client.close();
  });

  it("says that JetStream is not enabled for the account", async () => {
    const client = await clientAt(server.url, as("bob"));
    await expect(client.accountInfo()).rejects.toThrow(JetStreamDisabled);
    await client.close();
  });

  it("says that a domain is wrong", async () => {
    const client = await clientAt(server.url, { ...as("alice"), apiPrefix: "$JS.elsewhere.API" });
    await expect(client.accountInfo()).rejects.toThrow(/domain or API prefix is wrong/);
    await client.close();
  });

  it("says that a server runs without JetStream", async () => {
    const plain = await startServer("2.14", { jetStream: false });
    try {
      const client = await clientAt(plain.url);
      await expect(client.accountInfo()).rejects.toThrow(/runs without JetStream/);
      await client.close();
    } finally {
      await plain.stop();
    }
  });

  it("is one per endpoint and credentials, also for first calls at the same time", async () => {
    const settings = settingsFor(server.url, as("alice"));
    const clients = await Promise.all(Array.from({ length: 20 }, () => openJetStream({ ...settings })));
    expect(new Set(clients).size).toBe(1);
    expect(await openJetStream(settingsFor(server.url, as("reader")))).not.toBe(clients[0]);
  });

  it("keeps at most so many requests in flight, and loses none", async () => {
    const client = await clientAt(server.url, as("alice"));
    const names = Array.from({ length: 100 }, (_, i) => `BULK${i}`);
    await Promise.all(names.map((name) => client.createStream({ name, subjects: [`bulk.${name}`] })));
    expect(client.stats).toEqual({ "STREAM.CREATE": 100 });
    expect((await client.listStreams()).length).toBe(100);
    await Promise.all(names.map((name) => client.deleteStream(name)));
    expect(await client.listStreams()).toEqual([]);
    expect(client.stats).toEqual({ "STREAM.CREATE": 100, "STREAM.DELETE": 100, "STREAM.LIST": 1 });
    await client.close();
  });
});

describe("a client", () => {
  let server: RealServer;
  beforeAll(async () => {
    server = await startServer("2.14");
  });
  afterAll(() => server?.stop());

  it("reads lists in pages", async () => {
    const client = await clientAt(server.url);
    const names = Array.from({ length: 300 }, (_, i) => `P${i}`);
    await Promise.all(
      names.map((name) => client.createStream({ name, subjects: [name], storage: "memory" })),
    );
    const streams = await client.listStreams();
    expect(streams.map(({ config }) => config.name)).toEqual([...names].sort());
    expect(client.stats["STREAM.LIST"]).toBe(2);
    await Promise.all(names.map((name) => client.deleteStream(name)));
    await client.close();
  });

  it("keeps its listing true to its own writes, and to others' only when asked afresh", async () => {
    const [mine, other] = [await clientAt(server.url), await clientAt(server.url)];
    await mine.createStream({ name: "ONE", subjects: ["one"] });
    const names = async (fresh = false) =>
      (await mine.listStreams({ fresh })).map(({ config }) => config.name);
    expect(await names()).toEqual(["ONE"]);
    await other.createStream({ name: "THEIRS", subjects: ["theirs"] });
    await mine.createStream({ name: "TWO", subjects: ["two"] });
    await mine.deleteStream("ONE");
    await mine.updateStream({ name: "TWO", subjects: ["two"], max_msgs: 7 });
    expect(await names()).toEqual(["TWO"]);
    expect((await mine.listStreams())[0]?.config.max_msgs).toBe(7);
    expect(mine.stats["STREAM.LIST"]).toBe(1);
    expect(await names(true)).toEqual(["THEIRS", "TWO"]);
    await mine.deleteStream("THEIRS");
    await mine.deleteStream("TWO");
    await Promise.all([mine.close(), other.close()]);
  });

  it("answers with the API's own error code", async () => {
    const client = await clientAt(server.url);
    await client.createStream({ name: "E", subjects: ["e"] });
    const refusal = await client
      .createStream({ name: "E", subjects: ["f"] })
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(JetStreamApiError);
    expect((refusal as JetStreamApiError).errCode).toBe(10058);
    expect(refusal).not.toHaveProperty("code");
    expect(await client.streamInfo("NONE")).toBeUndefined();
    expect(await client.deleteStream("NONE")).toBe(false);
    expect(await client.consumerInfo("E", "none")).toBeUndefined();
    expect(await client.deleteConsumer("NONE", "none")).toBe(false);
    await client.deleteStream("E");
    await client.close();
  });

  it("counts messages per subject when asked", async () => {
    const client = await clientAt(server.url);
    await client.createStream({ name: "S", subjects: ["s.*"] });
    expect((await client.streamInfo("S", { perSubject: true }))?.state.subjects).toEqual({});
    await client.deleteStream("S");
    await client.close();
  });

  it("goes on after the server was killed and came back", async () => {
    const client = await clientAt(server.url);
    await client.createStream({ name: "SURVIVES", subjects: ["survives"] });
    await server.kill();
    const during = client.streamInfo("SURVIVES");
    await server.restart();
    expect((await during)?.config.name).toBe("SURVIVES");
    await client.deleteStream("SURVIVES");
    await client.close();
  });

  it("opens again after it was closed", async () => {
    const client = await clientAt(server.url);
    await client.close();
    expect((await client.accountInfo()).limits).toBeDefined();
    await client.close();
  });

  it("runs writes to one stream one after the other", async () => {
    const client = await clientAt(server.url);
    const order: string[] = [];
    const slow = client.exclusive("A", async () => {
      await client.accountInfo();
      order.push("first");
    });
    const next = client.exclusive("A", async () => void order.push("second"));
    const other = client.exclusive("B", async () => void order.push("other stream"));
    await Promise.all([slow, next, other]);
    expect(order).toEqual(["other stream", "first", "second"]);
    await client.close();
  });
});
