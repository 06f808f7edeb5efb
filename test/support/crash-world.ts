import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { lockSchema } from "../../cli/backend/lock.ts";
import { lockFolder } from "../../cli/backend/locks.ts";
import { checkpointSchema, type PendingOperation, resourcesOf } from "../../cli/state/deployment.ts";
import { startNats } from "../../ground/nats/owned.ts";
import { openGate, type Write } from "./gate.ts";
import { natsServerBinary, type ServerLine } from "./nats/binaries.ts";
import { kill9, type MarkedProcess, markedProcesses, PARTS, type Part, until } from "./processes.ts";
import { type Declarations, type Ended, openProject, type Project } from "./project.ts";

export const STACK = "crash-e2e";
/** How many operations the engine has under way at once: `--parallel` of every run. */
export const PARALLEL = 8;

/** How long the other processes of a killed run may take to notice that it is over. */
const ORPHANS_GONE_WITHIN_MS = 10_000;

export interface LiveStream {
  /** When the server made it: the same only as long as it is the same stream. */
  readonly created: string;
  readonly description: string | undefined;
  /** Data of its messages, in order. */
  readonly messages: readonly string[];
}

/** What the state has recorded. */
export interface Recorded {
  /** Ids of the resources on the server, sorted: `stream/ORDERS`. */
  readonly ids: readonly string[];
  readonly pending: readonly PendingOperation[];
}

/** The command line and a server with a gate between them, so that both can be killed in the middle of a run. */
export type CrashWorld = Awaited<ReturnType<typeof openCrashWorld>>;

export async function openCrashWorld(line: ServerLine = "2.14") {
  const dir = mkdtempSync(join(tmpdir(), "slipway-crash-nats-"));
  const binary = await natsServerBinary(line);
  let { server, nats, manager } = await startServer();
  const gate = await openGate(server.port);
  let project: Project | undefined;

  async function startServer(port?: number) {
    const started = await startNats({
      binary,
      dir,
      ...(port === undefined ? {} : { port }),
    });
    const connection = await connect({ servers: started.url });
    return { server: started, nats: connection, manager: await connection.jetstreamManager() };
  }

  const stack = (): Project => {
    if (project === undefined) throw new Error("no stack is open");
    return project;
  };
  const run = (command: "up" | "down", ...args: readonly string[]): Promise<Ended> =>
    stack().slipway(
      command,
      ...["--yes", "--parallel", String(PARALLEL)],
      ...(command === "up" ? ["--skip-preview"] : []),
      ...args,
    );
  const mine = (): MarkedProcess[] =>
    project === undefined ? [] : markedProcesses("SLIPWAY_DIR", project.slipwayDir);
  const killAll = async (): Promise<void> => {
    // One that is starting may not have shown itself yet.
    await until("every process to be gone", () => {
      const left = mine();
      kill9(left);
      return left.length === 0 ? true : undefined;
    });
  };
  const live = async (): Promise<Map<string, LiveStream>> => {
    const found = new Map<string, LiveStream>();
    for await (const { config, created, state } of manager.streams.list()) {
      const messages: string[] = [];
      for (let seq = state.first_seq; state.messages > 0 && seq <= state.last_seq; seq += 1) {
        messages.push((await manager.streams.getMessage(config.name, { seq })).string());
      }
      found.set(config.name, { created: String(created), description: config.description, messages });
    }
    return found;
  };
  const endServer = async (): Promise<void> => {
    await server.kill9();
    await nats.close();
  };

  return {
    gate,
    run,
    live,

    /** A stack of its own, with nothing recorded. */
    async newStack(): Promise<void> {
      // Behind a shut gate nobody is to give up before the test lets go.
      const connection = { requestTimeout: "2m" };
      project = await openProject({ stack: STACK, servers: gate.url, connection });
    },

    declare: (nats: Declarations): void => stack().declare(nats),

    /**
     * Starts a command and comes back when the gate has let that many writes through and more are waiting. The end of
     * the command is in an object, or it would be waited for here.
     */
    async inTheMiddle(
      write: Write,
      count: number,
      command: "up" | "down",
      ...args: readonly string[]
    ): Promise<{ readonly ended: Promise<Ended> }> {
      const reached = gate.shutAfter(write, count);
      const ended = run(command, ...args);
      const early = ended.then(({ code, text }) => {
        throw new Error(`${command} ended before its middle, with exit code ${code}:\n${text}`);
      });
      await Promise.race([reached, early]);
      early.catch(() => undefined);
      return { ended };
    },

    /** kill -9 of these parts of the run; throws unless each is there exactly once. */
    kill(...parts: readonly Part[]): MarkedProcess[] {
      const victims = parts.flatMap((part) => mine().filter(PARTS[part]));
      if (victims.length !== parts.length)
        throw new Error(`wanted ${parts}, found ${JSON.stringify(victims)}`);
      kill9(victims);
      return victims;
    },

    /** Throws unless every process of the run ends by itself. */
    async noProcessLeft(): Promise<void> {
      await until(
        "the run's processes to end",
        () => (mine().length === 0 ? true : undefined),
        ORPHANS_GONE_WITHIN_MS,
      ).catch((error: Error) => {
        const left = mine().map(({ pid, args }) => `${pid} ${args.join(" ")}`);
        throw new Error(`${error.message}; left: ${left.join(", ")}`);
      });
    },

    /** Pids of the locks' owners. */
    lockOwners(): number[] {
      const folder = lockFolder(stack().stateDir, "slipway", STACK);
      const files = existsSync(folder) ? readdirSync(folder) : [];
      return files.map((file) => lockSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))).pid);
    },

    recorded(): Recorded {
      const { version, checkpoint } = JSON.parse(readFileSync(stack().stateFile, "utf8"));
      const stored = checkpointSchema.parse({ version, deployment: checkpoint.latest ?? {} });
      const ids = resourcesOf(stored).flatMap(({ type, id }) =>
        type.startsWith("pulumi-nodejs:dynamic/") && id !== undefined ? [id] : [],
      );
      return { ids: ids.sort(), pending: stored.deployment.pending_operations ?? [] };
    },

    /** Waits until the server has that many streams: the last write through the gate may still be under way. */
    async hasStreams(count: number): Promise<void> {
      await until(`${count} streams`, async () =>
        (await manager.getAccountInfo()).streams === count ? true : undefined,
      );
    },

    /** When each consumer of a stream was made. */
    async consumers(stream: string): Promise<Map<string, string>> {
      const found = new Map<string, string>();
      for await (const { name, created } of manager.consumers.list(stream)) found.set(name, String(created));
      return found;
    },

    async publish(subject: string, data: string): Promise<void> {
      await nats.jetstream().publish(subject, data);
    },

    killServer: endServer,
    /** On the same port and data. */
    async restartServer(): Promise<void> {
      ({ server, nats, manager } = await startServer(server.port));
    },

    /** For the next test: no process, no stack, nothing on the server. */
    async reset(): Promise<void> {
      await killAll();
      gate.dismiss();
      // What came through last may be done only now.
      await until("an empty server", async () => {
        const names = await manager.streams.names().next();
        for (const name of names) await manager.streams.delete(name);
        return names.length === 0 ? true : undefined;
      });
      await project?.close();
      project = undefined;
    },

    async close(): Promise<void> {
      await killAll();
      await gate.close();
      await endServer();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
