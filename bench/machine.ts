import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { CHECKOUT } from "../cli/project/session.ts";

/** What decides how fast a benchmark runs here; nothing that says which machine it is. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  /** Bytes. */
  readonly memory: number;
  /** `linux-x64` */
  readonly platform: string;
  /** By program or package: `{"node": "24.21.0"}`. */
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(tools: Readonly<Record<string, string>>): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? "unknown",
    memory: totalmem(),
    platform: `${process.platform}-${process.arch}`,
    versions: {
      ...tools,
      node: process.versions.node,
      "@pulumi/pulumi": packageVersion("node_modules/@pulumi/pulumi"),
      nats: packageVersion("node_modules/nats"),
      slipway: packageVersion("."),
    },
  };
}

/** Processes that ran or waited to run, as a mean of the last minute; the benchmark's own are among them. */
export const loadNow = (): number => loadavg()[0] ?? 0;

const packageVersion = (folder: string): string =>
  String(JSON.parse(readFileSync(`${CHECKOUT}/${folder}/package.json`, "utf8")).version);
