/**
 * What tells one process from a later one with the same pid: when it started. Undefined when no such process runs
 * (a zombie doesn't run). Linux: boot id and clock ticks from `/proc/<pid>/stat`; elsewhere `ps -o lstart=`.
 */
export function processIdentity(pid: number): string | undefined;

/** Whether the very process that was recorded as `pid` and `startTime` still runs. */
export function isAlive(pid: number, startTime: string | undefined): boolean;
