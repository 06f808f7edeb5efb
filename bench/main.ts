import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { benchJetStream } from "./jetstream/bench.ts";
import { renderReport } from "./jetstream/render.ts";
import type { Report } from "./jetstream/report.ts";

const RESULTS = join(import.meta.dirname, "results");
const MAX_STREAMS = 2_000;
const MAX_RUNS = 99;

const wholeNumber =
  (max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= max) return value;
    throw new InvalidArgumentError(`a whole number from 1 to ${max} is allowed.`);
  };

interface JetStreamOptions {
  readonly n: number;
  readonly runs: number;
  readonly checkpoints?: boolean;
  readonly json?: boolean;
  readonly save?: boolean;
}

const program = new Command("bench").description("What Slipway costs, against what (docs/benchmarks.md).");

program
  .command("jetstream")
  .description("streams on a real nats-server, beside the bare client and beside resources that do nothing")
  .option("--n <streams>", "how many streams", wholeNumber(MAX_STREAMS), 500)
  .option("--runs <n>", "how often; medians are shown", wholeNumber(MAX_RUNS), 1)
  .option("--checkpoints", "also measure with one state save at each step")
  .option("--json", "print one JSON object")
  .option("--save", "also write the table and the JSON to bench/results")
  .action(async ({ n, runs, checkpoints = false, json, save }: JetStreamOptions) => {
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const report = await benchJetStream({ count: n, runs, checkpoints, say });
    const table = renderReport(report).join("\n");
    if (save) saveReport(report, table);
    process.stdout.write(`${json ? asJson(report) : table}\n`);
  });

function saveReport(report: Report, table: string): void {
  const file = join(RESULTS, `${report.bench}-${report.date}`);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${file}.md`, `${table}\n`);
  writeFileSync(`${file}.json`, `${asJson(report)}\n`);
}

const asJson = (report: Report): string => JSON.stringify(report, null, 2);

await program.parseAsync();
