import { connect } from "node:net";

/** The engine's server closes idle connections that never spoke after about two minutes; a new one is made then. */
const RECONNECT_AFTER_ERROR_MS = 500;

/**
 * Calls `onDeath` when nobody listens at `address` any more. An open connection costs nothing and ends at the moment
 * the engine's process does, however it dies; being refused right after tells a death from a closed connection.
 */
export function watchEngine(address: string, onDeath: () => void): void {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon);
  const port = Number(address.slice(colon + 1));
  const attempt = (): void => {
    let failure: NodeJS.ErrnoException | undefined;
    const socket = connect({ host, port });
    // Read what the server says first, or its close would never be seen.
    socket.resume();
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => {
      if (failure?.code === "ECONNREFUSED") onDeath();
      else if (failure && failure.code !== "ECONNRESET") setTimeout(attempt, RECONNECT_AFTER_ERROR_MS);
      else attempt();
    });
  };
  attempt();
}
