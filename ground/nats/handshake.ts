import { connect } from "node:net";

/** What a NATS server says of itself, before anything is asked. */
export interface ServerInfo {
  readonly version: string;
  readonly jetstream?: boolean;
  readonly [key: string]: unknown;
}

const MAX_INFO_BYTES = 64 * 1024;

/** The INFO line of the server on 127.0.0.1:`port`, or undefined when none answers within `timeoutMs`. */
export function readInfo(port: number, timeoutMs = 2_000): Promise<ServerInfo | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: "127.0.0.1", port });
    const finish = (info: ServerInfo | undefined): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(info);
    };
    const deadline = setTimeout(() => finish(undefined), timeoutMs);
    socket.on("error", () => finish(undefined));
    socket.on("close", () => finish(undefined));
    socket.on("data", (data) => {
      text += data.toString("utf8");
      const end = text.indexOf("\r\n");
      if (end >= 0) finish(parseInfo(text.slice(0, end)));
      else if (text.length > MAX_INFO_BYTES) finish(undefined);
    });
  });
}

/** `INFO {json}`, or undefined for anything else: some other program may have the port. */
export function parseInfo(line: string): ServerInfo | undefined {
  if (!line.startsWith("INFO ")) return undefined;
  try {
    const info = JSON.parse(line.slice("INFO ".length)) as ServerInfo;
    return typeof info?.version === "string" ? info : undefined;
  } catch {
    return undefined;
  }
}

export const isHealthy = async (port: number): Promise<boolean> => (await readInfo(port))?.jetstream === true;
