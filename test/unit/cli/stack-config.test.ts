import { describe, expect, it } from "vitest";
import type { Session } from "../../../cli/project/session.ts";
import type { PulumiCli } from "../../../cli/pulumi/cli.ts";
import { readConfig } from "../../../cli/pulumi/stack-config.ts";

const shown = { "slipway:natsToken": { value: "hush", secret: true }, "other:key": { value: "theirs" } };
const cli = {
  capture: async () => ({ code: 0, stdout: JSON.stringify(shown), stderr: "", interrupted: false }),
} as unknown as PulumiCli;

const session = (hasSecrets: boolean): Session =>
  ({
    project: "slipway",
    stack: "s",
    file: { config: { "slipway:ground": "embedded" }, hasSecrets },
  }) as unknown as Session;

describe("readConfig", () => {
  it("finds a key without a namespace in the project's, as Pulumi does for the providers", async () => {
    const config = await readConfig(cli, session(true));
    expect(config("natsToken")).toBe("hush");
    expect(config("slipway:natsToken")).toBe("hush");
    expect(config("other:key")).toBe("theirs");
    expect((await readConfig(cli, session(false)))("ground")).toBe("embedded");
  });
});
