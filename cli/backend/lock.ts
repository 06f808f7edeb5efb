import { z } from "zod";

/** What Pulumi's file backends write while a command works on a stack. Source: pulumi, pkg/backend/diy/lock.go. */
export const lockSchema = z.object({
  pid: z.int(),
  username: z.string(),
  hostname: z.string(),
  timestamp: z.string(),
});
export type Lock = z.output<typeof lockSchema>;

/** What this machine knows of the process that a lock names. */
export interface OwnerFacts {
  readonly hostname: string;
  /** Who runs this command. */
  readonly username: string;
  /** When the process of that pid started, in milliseconds since the epoch; undefined when there is none. */
  readonly startedAt: (pid: number) => number | undefined;
}

export type LockVerdict =
  /** Its owner can't come back: it may be removed. */
  | { readonly state: "stale"; readonly why: string }
  /** Its owner is at work. */
  | { readonly state: "held"; readonly why: string }
  /** Nobody here can know. */
  | { readonly state: "elsewhere"; readonly why: string };

/** The kernel tells start times by its clock's ticks from the boot time, which it rounds to whole seconds. */
const START_TIME_SLACK_MS = 2_000;

export function judgeLock(lock: Lock, facts: OwnerFacts): LockVerdict {
  const owner = `${lock.username}@${lock.hostname}, process ${lock.pid}, since ${lock.timestamp.replace(/\.\d+Z$/, "Z")}`;
  if (lock.hostname !== facts.hostname)
    return { state: "elsewhere", why: `held by ${owner}, on another machine` };
  const startedAt = facts.startedAt(lock.pid);
  // Another user's process may be hidden from this one, or live in a container that shares the host's name.
  if (startedAt === undefined && lock.username !== facts.username)
    return { state: "elsewhere", why: `held by ${owner}, which this user can't see` };
  if (startedAt === undefined)
    return { state: "stale", why: `left by ${owner}, which ended without releasing it` };
  if (startedAt > Date.parse(lock.timestamp) + START_TIME_SLACK_MS) {
    return { state: "stale", why: `left by ${owner}; the process of that number today is a later one` };
  }
  return { state: "held", why: `held by ${owner}, which is running` };
}
