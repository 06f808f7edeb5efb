import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

const opened = new AsyncLocalStorage<Set<Socket>>();

// Node tells of every socket that it opens as a client, in the context of whoever asked for it.
subscribe("net.client.socket", (message) => {
  opened.getStore()?.add((message as { readonly socket: Socket }).socket);
});

/**
 * Runs an attempt to connect and, when it fails, closes the sockets that it opened. The client leaves the one of a
 * server that took the connection and never spoke open after its timeout, and with it this process would never end.
 */
export async function withoutLeftSockets<T>(attempt: () => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  try {
    return await opened.run(sockets, attempt);
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    throw error;
  }
}
