import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ProvidedTool } from "./tool.ts";

const HOST_SOURCE = join(import.meta.dirname, "language-host");
const HOST_FOLDER = "language-host";

/**
 * The engine starts this file. A shell script rather than a Node one: a script without an extension is read as ESM or
 * CommonJS by whichever package.json happens to stand above it.
 */
const launcher = (file: string): string => `#!/bin/sh
exec node "$(dirname "$(readlink -f "$0")")/../${HOST_FOLDER}/${file}" "$@"
`;

/** By the names that the engine knows. */
const LAUNCHERS = {
  "pulumi-language-nodejs": launcher("main.ts"),
  "pulumi-resource-pulumi-nodejs": launcher("dynamic-provider.ts"),
} as const;
const LANGUAGE_HOST = "pulumi-language-nodejs" satisfies keyof typeof LAUNCHERS;

const hostFiles = (): string[] =>
  readdirSync(HOST_SOURCE)
    .filter((name) => name.endsWith(".ts"))
    .sort();

/** Everything that decides what stands beside a CLI that was built from source. */
export function companionIngredients(): Record<string, string> {
  const ingredients: Record<string, string> = { ...LAUNCHERS };
  for (const name of hostFiles()) ingredients[`host/${name}`] = readFileSync(join(HOST_SOURCE, name), "utf8");
  return ingredients;
}

/** Puts our language host and the one of dynamic providers beside the CLI, where the engine looks for them. */
export function addCompanions(draft: string): void {
  const host = join(draft, HOST_FOLDER);
  mkdirSync(host);
  for (const name of hostFiles()) cpSync(join(HOST_SOURCE, name), join(host, name));
  writeFileSync(join(host, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
  for (const [name, text] of Object.entries(LAUNCHERS)) {
    writeFileSync(join(draft, "bin", name), text);
    chmodSync(join(draft, "bin", name), 0o755);
  }
}

/** Whose language host runs programs: the official one, or ours that stands in for it on a closed network. */
export function pulumiFlavour(tool: ProvidedTool): "official" | "slipway" {
  // The official host is a compiled program.
  const ours = LAUNCHERS[LANGUAGE_HOST];
  const start = Buffer.alloc(ours.length);
  const file = openSync(join(tool.binDir, LANGUAGE_HOST), "r");
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start.toString("utf8") === ours ? "slipway" : "official";
}
