// What the engine starts as `pulumi-resource-pulumi-nodejs` beside our language host: the SDK's own host of dynamic
// providers, in this very process. The SDK's script would start a Node only to find it, and when the engine was killed
// meanwhile, or before it sent the first provider, the host would wait for it for ever.
import { createRequire } from "node:module";
import { join } from "node:path";
import { watchEngine } from "./engine-watch.ts";

/** Providers that watch the engine themselves stop their waits first; Slipway's kernel gives them a second. */
const GRACE_MS = 2_000;
/** 128 + SIGINT: nothing here was an answer. */
const INTERRUPTED = 130;

const [, , engineAddress = ""] = process.argv;
if (engineAddress !== "")
  watchEngine(engineAddress, () => setTimeout(() => process.exit(INTERRUPTED), GRACE_MS));

// As the program would load it: the engine starts providers in the program's folder.
const load = createRequire(join(process.cwd(), "program.js"));
const host = load.resolve("@pulumi/pulumi/cmd/dynamic-provider");
// Providers learn from it what they run in.
process.argv[1] = host;
load(host);
