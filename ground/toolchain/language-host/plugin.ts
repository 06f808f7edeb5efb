import type { ServerWritableStream } from "@grpc/grpc-js";
import type { RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { startNode } from "./children.ts";
import { compilerEnvironment, nodeArguments, runtimeOptions } from "./runtime-options.ts";
import type { Sdk } from "./sdk.ts";

export type PluginCall = ServerWritableStream<RunPluginRequest, RunPluginResponse>;

/** Runs a plugin or policy pack written in Node and sends its output on, then its exit code. */
export function runPlugin(sdk: Sdk, call: PluginCall): void {
  const { request } = call;
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() || request.getProgram();
  const options = runtimeOptions(info);
  const runner = sdk.resolve("@pulumi/pulumi/cmd/run-plugin", directory);
  const child = startNode([...nodeArguments(options), runner, directory, ...request.getArgsList()], {
    cwd: request.getPwd() || directory,
    env: { ...process.env, ...compilerEnvironment(options), ...variables(request.getEnvList()) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const send = (fill: (response: RunPluginResponse) => void): void => {
    const response = new sdk.language.RunPluginResponse();
    fill(response);
    call.write(response);
  };
  child.stdout?.on("data", (data: Buffer) => send((response) => response.setStdout(data)));
  child.stderr?.on("data", (data: Buffer) => send((response) => response.setStderr(data)));
  child.once("error", (error) => call.destroy(error));
  child.once("close", (code) => {
    send((response) => response.setExitcode(code ?? 1));
    call.end();
  });
  call.on("cancelled", () => child.kill());
}

/** `NAME=value` lines as an environment. */
const variables = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.map((line) => {
      const equals = line.indexOf("=");
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
