import { type PerPhase, PHASE_NAMES, type Phase } from "./phases.ts";

/** At most a quarter on top of what as many resources cost that do nothing. */
export const MAX_RATIO = 1.25;
/** A create is one request; these are for the survey, and for what a server makes necessary. */
export const EXTRA_REQUESTS_OF_UP = 20;
export const MAX_REQUESTS_UNCHANGED = 5;

/**
 * OpenTofu with the JetStream provider, 500 streams, in seconds: known from another machine of two cores, not measured in
 * the same run.
 */
export const OPENTOFU_COUNT = 500;
export const OPENTOFU_SECONDS: Readonly<Partial<PerPhase<number>>> = {
  preview: 8.0,
  up: 13.6,
  update: 19.2,
  destroy: 11.3,
};

/** Phases in which nothing is to be done. */
const UNCHANGED: readonly Phase[] = ["preview", "unchanged", "refresh"];

/** `ratio`: JetStream's seconds by do-nothing's. `requests`: to the server. `opentofu`: seconds. */
export type Subject = "ratio" | "requests" | "opentofu";

export interface Goal {
  readonly subject: Subject;
  readonly phase: Phase;
  readonly measured: number;
  /** At most this is met. */
  readonly limit: number;
  readonly met: boolean;
}

export interface Measured {
  readonly count: number;
  /** Medians in seconds. */
  readonly jetstream: PerPhase<number>;
  readonly doNothing: PerPhase<number>;
  /** The most of all runs. */
  readonly requests: PerPhase<number>;
}

/** Pure: what was promised, held against what was measured. */
export function judge({ count, jetstream, doNothing, requests }: Measured): Goal[] {
  const goal = (subject: Subject, phase: Phase, measured: number, limit: number): Goal => ({
    subject,
    phase,
    measured,
    limit,
    met: measured <= limit,
  });
  const tofu = count === OPENTOFU_COUNT ? OPENTOFU_SECONDS : {};
  return PHASE_NAMES.flatMap((phase) => {
    const maxRequests = maxRequestsOf(phase, count);
    const tofuSeconds = tofu[phase];
    return [
      goal("ratio", phase, jetstream[phase] / doNothing[phase], MAX_RATIO),
      ...(maxRequests === undefined ? [] : [goal("requests", phase, requests[phase], maxRequests)]),
      ...(tofuSeconds === undefined ? [] : [goal("opentofu", phase, jetstream[phase], tofuSeconds)]),
    ];
  });
}

function maxRequestsOf(phase: Phase, count: number): number | undefined {
  if (phase === "up") return count + EXTRA_REQUESTS_OF_UP;
  return UNCHANGED.includes(phase) ? MAX_REQUESTS_UNCHANGED : undefined;
}
