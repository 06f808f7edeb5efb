import { connect, type Socket } from "node:net";
import { ENGINE_DEATH_GRACE_MS, ENGINE_REDIAL_MS } from "./limits.ts";

/**
 * A provider host outlives a `kill -9` of the CLI: nobody tells it, and it would go on changing the ground with nobody
 * left to write down what it did. So it holds one silent TCP connection to the engine that started it. The kernel closes
 * that when the engine dies in whatever way.
 *
 * A closed connection alone proves nothing, since the engine's gRPC server drops peers that never speak after about two
 * minutes. A refused one does, where it was taken before: two refusals in a row are taken for death.
 */
export interface EngineWatch {
  /** Aborted when the engine is gone. */
  readonly signal: AbortSignal;
  stop(): void;
}

export function watchEngine(host: string, port: number, onDeath: () => void): EngineWatch {
  const death = new AbortController();
  let socket: Socket | undefined;
  let timer: NodeJS.Timeout | undefined;
  let known = false;
  let refusals = 0;
  let stopped = false;

  const dial = () => {
    socket = connect({ host, port });
    socket.unref();
    socket.resume();
    socket.once("connect", () => {
      known = true;
      refusals = 0;
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") refusals += 1;
    });
    socket.once("close", () => {
      if (stopped) return;
      if (known && refusals >= 2) {
        stopped = true;
        death.abort(new Error("the Pulumi engine is gone"));
        onDeath();
        return;
      }
      timer = setTimeout(dial, ENGINE_REDIAL_MS);
      timer.unref();
    });
  };
  dial();

  return {
    signal: death.signal,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      socket?.destroy();
    },
  };
}

/** Where the engine listens, when this process is a real provider host: `host:port` is its only argument. */
export function engineAddress(argv: readonly string[]): { host: string; port: number } | undefined {
  const [, script = "", address = ""] = argv;
  if (!/[/\\]@pulumi[/\\]pulumi[/\\]cmd[/\\]dynamic-provider([/\\]index\.js)?$/.test(script))
    return undefined;
  const parts = /^(?<host>\[[0-9a-f:]+\]|[^:]+):(?<port>\d+)$/i.exec(address)?.groups;
  const port = Number(parts?.port);
  if (parts?.host === undefined || port < 1 || port > 65_535) return undefined;
  return { host: parts.host.replace(/^\[|\]$/g, ""), port };
}

let signal: AbortSignal | undefined;

/**
 * The signal that every effect gets. The first call starts the watch; at the engine's death the signal aborts, and the
 * process ends after a grace in which waits can stop. Outside of a provider host it never aborts.
 */
export function engineSignal(): AbortSignal {
  if (signal === undefined) {
    const address = engineAddress(process.argv);
    signal =
      address === undefined
        ? new AbortController().signal
        : watchEngine(address.host, address.port, endSoon).signal;
  }
  return signal;
}

function endSoon(): void {
  // An unfinished step is taken up by the next `up`; SIGINT's own exit code says that nothing here was an answer.
  setTimeout(() => process.exit(130), ENGINE_DEATH_GRACE_MS);
}
