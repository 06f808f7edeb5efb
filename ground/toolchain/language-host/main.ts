// Slipway's Node language host: what the engine starts as `pulumi-language-nodejs` where the official one can't be had.
// Usage: pulumi-language-nodejs [flags] ENGINE_ADDRESS; prints its port on standard output, then serves LanguageRuntime.
import { stopChildren } from "./children.ts";
import { watchEngine } from "./engine-watch.ts";
import { loadSdk } from "./sdk.ts";
import { languageRuntime } from "./service.ts";

/** The engine sends whole programs' configuration and plugin output; its own limit is the same. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

const engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";

function leave(code: number): void {
  stopChildren("SIGKILL");
  process.exit(code);
}

function serve(): void {
  const sdk = loadSdk(process.cwd());
  const server = new sdk.grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(sdk.service, languageRuntime(sdk, engineAddress));
  server.bindAsync("127.0.0.1:0", sdk.grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
  if (engineAddress !== "") watchEngine(engineAddress, () => leave(1));
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      stopChildren(signal);
      process.exit(0);
    });
}

try {
  serve();
} catch (error) {
  process.stderr.write(`pulumi-language-nodejs: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
