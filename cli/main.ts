import { run } from "./program.ts";
import { processTerminal } from "./terminal/terminal.ts";

// Whoever reads may have seen enough: `slipway status | head`.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

process.exitCode = await run(process.argv.slice(2), processTerminal());
