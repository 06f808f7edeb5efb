import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { SharedConnection } from "../../../clients/nats/connection.ts";
import { NatsUnreachable } from "../../../clients/nats/errors.ts";
import { settingsFor } from "../../../clients/nats/settings.ts";

it("a server that takes the connection and never speaks is given up, and its socket closed", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const connection = new SharedConnection(
      settingsFor(`nats://127.0.0.1:${port}`, { connectTimeoutMs: 50 }),
    );
    await expect(connection.open()).rejects.toBeInstanceOf(NatsUnreachable);
    const [socket] = await accepted;
    // An open socket would keep the process from ending.
    await once(socket.resume(), "close");
  } finally {
    server.close();
  }
});
