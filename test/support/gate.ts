import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";

/** What a gate can count: writes to the JetStream API, and the look that comes before an update or a deletion. */
export type Write = "STREAM.CREATE" | "STREAM.UPDATE" | "STREAM.DELETE" | "CONSUMER.CREATE" | "STREAM.INFO";

/**
 * A door in front of a NATS server. It lets an exact number of writes through and then nothing at all, in either
 * direction, so that a test can kill a process in the middle of its work without racing against it: what came through
 * is done, or about to be, and its author may or may not have heard of it.
 */
export interface Gate {
  readonly url: string;
  /** Shuts behind the next `count` writes. Resolves when one more stands before the door. */
  shutAfter(write: Write, count: number): Promise<void>;
  /** Lets everything through again, first what was held. */
  open(): void;
  /** Lets everything through again, except for whoever stood before it: their connections end, and what they said is lost. */
  dismiss(): void;
  close(): Promise<void>;
}

interface Bar {
  readonly write: Write;
  left: number;
  readonly reached: () => void;
}

/** Opens a gate on 127.0.0.1, on a free port. `port` is the server's, on 127.0.0.1 as well. */
export async function openGate(port: number): Promise<Gate> {
  let bar: Bar | undefined;
  let shut = false;
  const visits = new Set<Visit>();

  /** Whether a frame of a client may go on; the first one that may not shuts the door. */
  const admits = (frame: Buffer): boolean => {
    if (shut) return false;
    if (bar === undefined || !isWrite(frame, bar.write)) return true;
    if (bar.left > 0) {
      bar.left -= 1;
      return true;
    }
    shut = true;
    bar.reached();
    return false;
  };

  const unlock = (): void => {
    bar = undefined;
    shut = false;
  };

  const door = createServer((client) => {
    const visit = pass(client, dial({ host: "127.0.0.1", port }), admits, () => shut);
    visits.add(visit);
    client.once("close", () => visits.delete(visit));
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");

  return {
    url: `nats://127.0.0.1:${(door.address() as AddressInfo).port}`,
    shutAfter: (write, count) =>
      new Promise((reached) => {
        bar = { write, left: count, reached };
      }),
    open() {
      unlock();
      for (const visit of visits) visit.resume();
    },
    dismiss() {
      for (const visit of visits) visit.end();
      unlock();
    },
    async close() {
      for (const visit of visits) visit.end();
      door.close();
      await once(door, "close");
    },
  };
}

interface Visit {
  resume(): void;
  end(): void;
}

function pass(
  client: Socket,
  server: Socket,
  admits: (frame: Buffer) => boolean,
  isShut: () => boolean,
): Visit {
  const frames = frameReader();
  let toServer: Buffer[] = [];
  let toClient: Buffer[] = [];
  client.on("data", (chunk) => {
    for (const frame of frames(chunk)) {
      // Behind a held frame the others wait as well: the order of a connection is part of its meaning.
      if (toServer.length === 0 && admits(frame)) server.write(frame);
      else toServer.push(frame);
    }
  });
  server.on("data", (chunk) => {
    if (isShut()) toClient.push(chunk);
    else client.write(chunk);
  });
  const end = (): void => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) {
    // An error is followed by its close.
    socket.on("error", () => undefined);
    socket.once("close", end);
  }
  return {
    resume() {
      for (const frame of toServer) server.write(frame);
      for (const chunk of toClient) client.write(chunk);
      toServer = [];
      toClient = [];
    },
    end,
  };
}

const isWrite = (frame: Buffer, write: Write): boolean =>
  new RegExp(`^H?PUB \\$JS\\.API\\.${write.replace(".", "\\.")}\\.`).test(frame.toString("latin1", 0, 80));

const CRLF = "\r\n";

/** Cuts what a NATS client sends into its frames: a line, and after PUB and HPUB the payload whose size ends the line. */
function frameReader(): (chunk: Buffer) => Buffer[] {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const frames: Buffer[] = [];
    for (;;) {
      const lineEnd = rest.indexOf(CRLF);
      if (lineEnd < 0) return frames;
      const line = rest.toString("latin1", 0, lineEnd);
      const payload = /^H?PUB /i.test(line) ? Number(line.slice(line.lastIndexOf(" "))) + CRLF.length : 0;
      const end = lineEnd + CRLF.length + payload;
      if (rest.length < end) return frames;
      frames.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}
