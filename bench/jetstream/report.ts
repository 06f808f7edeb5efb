import type { Machine } from "../machine.ts";
import { median } from "../measure.ts";
import type { Floor } from "./floor.ts";
import { type Goal, judge } from "./goals.ts";
import type { Pass, Round } from "./measure.ts";
import { type PerPhase, perPhase } from "./phases.ts";

/** Of one subject, over all runs. */
export interface Summary {
  /** Medians. */
  readonly seconds: PerPhase<number>;
  /** Every run, in order. */
  readonly runs: PerPhase<readonly number[]>;
  /** The most of all runs. */
  readonly requests: PerPhase<number>;
  readonly stateBytes: number;
  readonly stateBytesPerResource: number;
}

/** What `npm run bench -- jetstream --json` prints. */
export interface Report {
  readonly bench: "jetstream";
  /** YYYY-MM-DD */
  readonly date: string;
  readonly count: number;
  readonly runs: number;
  readonly machine: Machine;
  /** Mean number of processes that ran or waited, over the minute before and the last minute. */
  readonly load: { readonly before: number; readonly after: number };
  readonly jetstream: Summary;
  readonly doNothing: Summary;
  readonly checkpoints?: Summary;
  /** Medians in seconds of the bare client. */
  readonly floor: Floor;
  readonly goals: readonly Goal[];
}

export interface ReportFacts {
  readonly date: string;
  readonly count: number;
  readonly machine: Machine;
  readonly load: Report["load"];
  readonly rounds: readonly Round[];
}

export function makeReport({ date, count, machine, load, rounds }: ReportFacts): Report {
  const jetstream = summarize(
    rounds.map((round) => round.jetstream),
    count,
  );
  const doNothing = summarize(
    rounds.map((round) => round.doNothing),
    count,
  );
  const checkpoints = rounds.flatMap((round) => round.checkpoints ?? []);
  const floor = (key: keyof Floor): number => median(rounds.map((round) => round.floor[key]));
  const measured = {
    count,
    jetstream: jetstream.seconds,
    doNothing: doNothing.seconds,
    requests: jetstream.requests,
  };
  return {
    bench: "jetstream",
    date,
    count,
    runs: rounds.length,
    machine,
    load,
    jetstream,
    doNothing,
    ...(checkpoints.length === 0 ? {} : { checkpoints: summarize(checkpoints, count) }),
    floor: {
      create: floor("create"),
      list: floor("list"),
      update: floor("update"),
      destroy: floor("destroy"),
    },
    goals: judge(measured),
  };
}

function summarize(passes: readonly Pass[], count: number): Summary {
  const runs = perPhase((phase) => passes.map(({ seconds }) => seconds[phase]));
  const stateBytes = Math.max(...passes.map((pass) => pass.stateBytes));
  return {
    seconds: perPhase((phase) => median(runs[phase])),
    runs,
    requests: perPhase((phase) => Math.max(...passes.map(({ requests }) => requests[phase]))),
    stateBytes,
    stateBytesPerResource: Math.round(stateBytes / count),
  };
}
