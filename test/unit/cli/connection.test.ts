import { describe, expect, it } from "vitest";
import { connectionChanged } from "../../../cli/state/connection.ts";
import { checkpointSchema } from "../../../cli/state/deployment.ts";

const stateWith = (inputs: Record<string, unknown>) =>
  checkpointSchema.parse({
    version: 3,
    deployment: {
      resources: [
        {
          urn: "urn:pulumi:s::p::pulumi:providers:pulumi-nodejs::default",
          type: "pulumi:providers:pulumi-nodejs",
          inputs,
        },
      ],
    },
  });

const nats = (connection: object, streams: object = {}) => ({ "slipway:nats": { connection, streams } });
const kept = (connection: object) =>
  stateWith({ "slipway:nats": JSON.stringify({ connection, streams: { A: {} } }) });

describe("connectionChanged", () => {
  it("is false where only declarations changed", () => {
    expect(connectionChanged(nats({ servers: "nats://a:4222" }), kept({ servers: "nats://a:4222" }))).toBe(
      false,
    );
  });

  it("is true for another server or another reference", () => {
    expect(connectionChanged(nats({ servers: "nats://b:4222" }), kept({ servers: "nats://a:4222" }))).toBe(
      true,
    );
    const was = { servers: "nats://a:4222", creds: { env: "OLD" } };
    expect(connectionChanged(nats({ ...was, creds: { env: "NEW" } }), kept(was))).toBe(true);
  });

  it("is true where the ground changed", () => {
    const state = stateWith({ "slipway:ground": "embedded" });
    expect(connectionChanged({ "slipway:ground": "external" }, state)).toBe(true);
    expect(connectionChanged({ "slipway:ground": "embedded" }, state)).toBe(false);
  });

  it("is true for an encrypted credential, which can't be compared", () => {
    const connection = { servers: "nats://a:4222", token: { secret: "natsToken" } };
    expect(connectionChanged(nats(connection), kept(connection))).toBe(true);
  });

  it("is false for a stack that was never up", () => {
    const empty = checkpointSchema.parse({ version: 3, deployment: {} });
    expect(connectionChanged(nats({ servers: "nats://a:4222" }), empty)).toBe(false);
  });
});
