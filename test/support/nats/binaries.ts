import { provideTools } from "../../../ground/toolchain/toolchain.ts";

/** Lines of nats-server that the kinds promise to work with: the oldest, one in the middle, the newest. */
export const SERVER_LINES = ["2.9", "2.10", "2.14"] as const;
export type ServerLine = (typeof SERVER_LINES)[number];

const TOOL = { "2.9": "nats-server-2.9", "2.10": "nats-server-2.10", "2.14": "nats-server" } as const;

const provided = new Map<ServerLine, Promise<string>>();

/** Path of the server program, from wherever the toolchain has it; provided once per process. */
export function natsServerBinary(line: ServerLine): Promise<string> {
  const known = provided.get(line) ?? provide(line);
  provided.set(line, known);
  return known;
}

async function provide(line: ServerLine): Promise<string> {
  const tools = await provideTools([TOOL[line]]);
  return tools[TOOL[line]].path;
}
