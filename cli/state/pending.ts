import { healsFromLostState } from "../checkpoints.ts";
import type { Checkpoint, PendingOperation } from "./deployment.ts";

export interface Settled {
  readonly checkpoint: Checkpoint;
  /** Taken out: the next run finishes or repeats them by itself. */
  readonly cleared: readonly PendingOperation[];
  /** Of kinds that can't say what an interrupted run did: for a person to look at. */
  readonly left: readonly PendingOperation[];
}

/**
 * Takes the operations out that a killed run left open, where the kind heals from it. The engine would warn of them in
 * every run until an interactive refresh.
 */
export function settlePending(checkpoint: Checkpoint): Settled {
  const pending = checkpoint.deployment.pending_operations ?? [];
  const cleared = pending.filter((operation) => healsFromLostState(operation.resource.type));
  const left = pending.filter((operation) => !healsFromLostState(operation.resource.type));
  if (cleared.length === 0) return { checkpoint, cleared, left };
  const { pending_operations: _, ...deployment } = checkpoint.deployment;
  const settled = left.length === 0 ? deployment : { ...deployment, pending_operations: left };
  return { checkpoint: { ...checkpoint, deployment: settled }, cleared, left };
}
