import { describeMachine, loadNow } from "../machine.ts";
import { measureRound, type Round } from "./measure.ts";
import { makeReport, type Report } from "./report.ts";

export interface JetStreamBenchOptions {
  /** How many streams. */
  readonly count: number;
  readonly runs: number;
  /** Also measures JetStream with one state save at each step. */
  readonly checkpoints: boolean;
  readonly say: (line: string) => void;
}

/** Measures everything `runs` times, alternately, so that what else the machine does falls on all alike. */
export async function benchJetStream(options: JetStreamBenchOptions): Promise<Report> {
  const { count, runs, say } = options;
  const date = new Date().toISOString().slice(0, "YYYY-MM-DD".length);
  const before = loadNow();
  const rounds: Round[] = [];
  for (let run = 1; run <= runs; run += 1) {
    say(`run ${run} of ${runs}`);
    rounds.push(await measureRound(options));
  }
  const machine = describeMachine(rounds[0]?.versions ?? {});
  return makeReport({ date, count, machine, load: { before, after: loadNow() }, rounds });
}
