import { connect } from "node:net";

/** A connection that was lost sooner than this was not idle; the next one waits. Well under the engine's two minutes. */
const SHORT_LIVED_MS = 1_000;
const RETRY_AFTER_MS = 500;

/**
 * Calls `onDeath` when nobody listens at `address` any more. An open connection costs nothing and ends at the moment
 * the engine's process does, however it dies; being refused right after tells a death from the engine's habit of
 * closing connections that say nothing for two minutes.
 */
export function watchEngine(address: string, onDeath: () => void): void {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon);
  const port = Number(address.slice(colon + 1));
  const attempt = (): void => {
    const began = performance.now();
    let failure: NodeJS.ErrnoException | undefined;
    const socket = connect({ host, port });
    // Read what the server says first, or its close would never be seen.
    socket.resume();
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => {
      if (failure?.code === "ECONNREFUSED") onDeath();
      else setTimeout(attempt, performance.now() - began < SHORT_LIVED_MS ? RETRY_AFTER_MS : 0);
    });
  };
  attempt();
}
