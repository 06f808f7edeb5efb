import type { Finding } from "../providers/kernel/finding.ts";

/**
 * One ground's part in the survey: a read-only look at the live thing, and pure judgements on it. The survey itself
 * knows no kind's rules.
 */
export interface Surveyor<Facts> {
  /** As a person says it: `NATS`. */
  readonly ground: string;
  /** Reads, never writes; gives up when the signal aborts. Throws `Unreachable` when there is nobody to ask. */
  readonly look: (signal: AbortSignal) => Promise<Facts>;
  /** What can be said without asking anybody. Runs always. */
  readonly forecastOffline: () => readonly Finding[];
  readonly forecast: (facts: Facts) => readonly Finding[];
}

/** Thrown by a look when the ground can't be reached in time; anything else that a look throws ends the run. */
export class Unreachable extends Error {
  constructor(message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "Unreachable";
  }
}

export interface Surveyed<Facts> {
  /** Undefined when the ground could not be reached. */
  readonly facts: Facts | undefined;
  readonly findings: readonly Finding[];
}

export interface SurveyOptions {
  /** For the look as a whole, in milliseconds. */
  readonly deadlineMs: number;
  /** True during `up`: what can't be reached can't be changed. In a preview it is a warning. */
  readonly mustReach: boolean;
}

/** Looks once, within the deadline, and gathers what the forecasts find. */
export async function survey<Facts>(
  surveyor: Surveyor<Facts>,
  options: SurveyOptions,
): Promise<Surveyed<Facts>> {
  const offline = surveyor.forecastOffline();
  try {
    const facts = await withDeadline(surveyor, options.deadlineMs);
    return { facts, findings: [...offline, ...surveyor.forecast(facts)] };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return {
      facts: undefined,
      findings: [...offline, unreachable(surveyor.ground, error, options.mustReach)],
    };
  }
}

async function withDeadline<Facts>(surveyor: Surveyor<Facts>, deadlineMs: number): Promise<Facts> {
  const deadline = new AbortController();
  const late = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener("abort", () =>
      reject(new Unreachable(`no complete answer within ${deadlineMs / 1000} s`)),
    );
  });
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  try {
    return await Promise.race([surveyor.look(deadline.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

const unreachable = (ground: string, error: Unreachable, mustReach: boolean): Finding => ({
  severity: mustReach ? "error" : "warning",
  code: "ground.unreachable",
  resource: ground,
  message: mustReach
    ? `${error.message}; nothing was changed`
    : `${error.message}; this preview knows only what is declared and what is in the state`,
  facts: {},
  remedy:
    "check that the server runs and that the connection settings name it; an embedded one: npx slipway ground up",
});
