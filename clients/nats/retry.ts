import { setTimeout as sleep } from "node:timers/promises";

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Wait before the second attempt in milliseconds; doubles from one to the next. */
  readonly firstDelayMs: number;
  /** No further attempt begins later than this after the first. */
  readonly withinMs: number;
}

/**
 * Six attempts over about three seconds: what a server needs to restart, or a cluster to elect a leader. Where each
 * takes long to fail, there are fewer.
 */
export const TRANSIENT: RetryPolicy = { attempts: 6, firstDelayMs: 100, withinMs: 12_000 };

/**
 * Runs `work` until it succeeds, `again` says no, or the attempts are used up; then the last error is thrown.
 * Waits are jittered to between half and the whole of their length, so that many requests don't come back as one.
 */
export async function retry<T>(
  policy: RetryPolicy,
  again: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + policy.withinMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= policy.attempts || performance.now() > end || !again(error)) throw error;
      const delay = policy.firstDelayMs * 2 ** (attempt - 1);
      await sleep(delay * (0.5 + Math.random() / 2));
    }
  }
}
