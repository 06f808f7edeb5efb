/** Where a long command says what it is at. */
export interface Progress {
  say(line: string): void;
  /** Starts a step; `left` is how many steps follow it. */
  begin(label: string, left?: number): ProgressStep;
}

export interface ProgressStep {
  /** What the step is at just now; shown at the next tick. */
  detail(text: string): void;
  /** Ends the step with a word on how it went. */
  end(outcome: string): void;
}

/** On a terminal one line that keeps changing; elsewhere a line at the start, at the end and every 15 s between. */
export function createProgress(
  stream?: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number },
  now?: () => number,
): Progress;

export const silentProgress: Progress;

/** `43 s`, `3 min 42 s`. */
export function elapsed(milliseconds: number): string;
