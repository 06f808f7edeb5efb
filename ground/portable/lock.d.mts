export interface LockOptions {
  /** Called once, with the owner's pid, when somebody else has the lock. */
  readonly onWait?: (ownerPid: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` while holding the lock file at `path`, waiting for it as long as its owner lives. A lock whose owner is
 * dead (pid and start time) is taken over at once. One machine only.
 */
export function withLock<T>(path: string, work: () => Promise<T>, options?: LockOptions): Promise<T>;

/** The release function, or undefined when a living process holds the lock. */
export function tryAcquire(path: string): (() => void) | undefined;
