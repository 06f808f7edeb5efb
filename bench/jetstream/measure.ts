import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHECKOUT } from "../../cli/project/session.ts";
import { timed } from "../measure.ts";
import { type BenchStack, openBenchStack, type StackConfig } from "../stack.ts";
import { type Floor, measureFloor } from "./floor.ts";
import { type PerPhase, PHASES, type Phase } from "./phases.ts";
import { type BenchServer, startBenchServer } from "./server.ts";
import { LIMIT_AFTER_MIB, LIMIT_BEFORE_MIB, nothingConfig, streamsConfig } from "./workload.ts";

/** One stack, once through all phases. */
export interface Pass {
  readonly seconds: PerPhase<number>;
  /** JetStream API requests that reached the server. */
  readonly requests: PerPhase<number>;
  /** Size of the state's file when everything is up. */
  readonly stateBytes: number;
}

/** Everything once, one after the other, each from nothing. */
export interface Round {
  readonly floor: Floor;
  readonly doNothing: Pass;
  readonly jetstream: Pass;
  /** JetStream with one state save at each step; only when asked for. */
  readonly checkpoints?: Pass;
  readonly versions: { readonly pulumi: string; readonly "nats-server": string };
}

export interface RoundOptions {
  /** How many streams. */
  readonly count: number;
  readonly checkpoints: boolean;
  readonly say: (line: string) => void;
}

const DO_NOTHING = join(CHECKOUT, "bench", "do-nothing");

export async function measureRound(options: RoundOptions): Promise<Round> {
  const { count, say } = options;
  const home = mkdtempSync(join(tmpdir(), "slipway-bench-"));
  const streams = (limit: number) => streamsConfig(count, limit);
  const nothing = (limit: number) => nothingConfig(count, limit);
  /** A server that has had no other streams: a store that was filled and emptied before is not the same. */
  const onServer = async <T>(name: string, work: (server: BenchServer) => Promise<T>): Promise<T> => {
    say(name);
    const server = await startBenchServer(join(home, name, "nats"), count);
    try {
      return await work(server);
    } finally {
      await server.stop();
    }
  };
  const pass = (name: string, root: string, config: ConfigOf, checkpoints = false) =>
    onServer(name, async (server) => {
      const stack = await openBenchStack({ root, home: join(home, name), checkpoints });
      server.serve(stack.slipwayDir);
      const measured = await measurePass(stack, server, config, say);
      const versions = { pulumi: stack.pulumiVersion, "nats-server": server.version };
      return { measured, versions };
    });
  try {
    const floor = await onServer("floor", ({ url }) => measureFloor(url, count));
    const doNothing = await pass("do-nothing", DO_NOTHING, nothing);
    const jetstream = await pass("jetstream", CHECKOUT, streams);
    const checkpoints = options.checkpoints
      ? await pass("jetstream-checkpoints", CHECKOUT, streams, true)
      : undefined;
    return {
      floor,
      doNothing: doNothing.measured,
      jetstream: jetstream.measured,
      ...(checkpoints === undefined ? {} : { checkpoints: checkpoints.measured }),
      versions: jetstream.versions,
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

type ConfigOf = (limit: number) => StackConfig;

async function measurePass(
  stack: BenchStack,
  server: BenchServer,
  config: ConfigOf,
  say: (line: string) => void,
): Promise<Pass> {
  const seconds: Partial<Record<Phase, number>> = {};
  const requests: Partial<Record<Phase, number>> = {};
  let stateBytes = 0;
  stack.declare(config(LIMIT_BEFORE_MIB));
  await stack.create();
  for (const { name, operation, limit } of PHASES) {
    stack.declare(config(limit === "before" ? LIMIT_BEFORE_MIB : LIMIT_AFTER_MIB));
    const before = await server.requests();
    const took = await timed(() => stack.run(operation));
    seconds[name] = took.seconds;
    requests[name] = (await server.requests()) - before;
    if (name === "up") stateBytes = stack.stateBytes();
    say(`  ${name}: ${took.seconds.toFixed(1)} s`);
  }
  return { seconds: seconds as PerPhase<number>, requests: requests as PerPhase<number>, stateBytes };
}
