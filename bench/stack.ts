import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Environment, stateDirOf } from "../cli/project/environment.ts";
import { openSession, type Session } from "../cli/project/session.ts";
import { openPulumi, type PulumiCli } from "../cli/pulumi/cli.ts";
import {
  checkpointEnvironment,
  consentArguments,
  runOperation,
  stackArguments,
} from "../cli/pulumi/operation.ts";
import { createStack } from "../cli/pulumi/stack-state.ts";
import { plainStyle } from "../cli/terminal/style.ts";
import type { Terminal } from "../cli/terminal/terminal.ts";

const STACK = "bench";
/** The key of the empty passphrase, as an embedded stack has it. */
const ENCRYPTION_SALT = "v1:dWnIP2iIPVU=:v1:GevieV+yhu5l5KM0:wAAxUdVmxWB7qXjkUMKSDDJIfJqIsg==";
/** A user's own settings, which would put the stack elsewhere. */
const NOT_PASSED_ON = [
  "PULUMI_BACKEND_URL",
  "PULUMI_CONFIG_PASSPHRASE",
  "PULUMI_CONFIG_PASSPHRASE_FILE",
  "PULUMI_STACK",
] as const;

export type Operation = "preview" | "up" | "refresh" | "destroy";
export type StackConfig = Readonly<Record<string, unknown>>;

export interface StackPlace {
  /** The Pulumi project. */
  readonly root: string;
  /** Of this stack alone: its config, its state and, where it has one, its ground. */
  readonly home: string;
  /** True for one state save at each step instead of one at the end. */
  readonly checkpoints: boolean;
}

/**
 * An embedded stack of its own for a benchmark. Its operations are the very calls that `slipway up`, `refresh` and `down`
 * make: same arguments, same environment; only their output is kept back.
 */
export interface BenchStack {
  readonly slipwayDir: string;
  readonly pulumiVersion: string;
  /** Declares what the next operations work on, by full config key. */
  declare(config: StackConfig): void;
  /** Makes the stack, empty. */
  create(): Promise<void>;
  /** Throws with the engine's output when it fails. */
  run(operation: Operation): Promise<void>;
  /** Bytes of the state's file. */
  stateBytes(): number;
}

export async function openBenchStack(place: StackPlace): Promise<BenchStack> {
  const slipwayDir = join(place.home, "slipway");
  const configFile = join(place.home, "stack.yaml");
  const env = environmentFor(slipwayDir);
  const declare = (config: StackConfig): void => {
    mkdirSync(place.home, { recursive: true });
    const settings = { "slipway:ground": "embedded", ...config };
    writeFileSync(configFile, stringify({ encryptionsalt: ENCRYPTION_SALT, config: settings }));
  };
  const session = (): Session =>
    openSession({ stack: STACK, configFile }, { root: place.root, cwd: place.root, env });
  declare({});
  const said: string[] = [];
  const cli = keepingBack(await openPulumi(session(), quiet, env), said);
  return {
    slipwayDir,
    pulumiVersion: cli.version,
    declare,
    create: () => createStack(cli, session()),
    async run(operation) {
      said.length = 0;
      const { code } = await operate(operation, cli, session(), place.checkpoints);
      if (code !== 0) throw new Error(`pulumi ${operation} failed:\n${said.join("")}`);
    },
    stateBytes() {
      const { project } = session();
      return statSync(join(stateDirOf(slipwayDir), ".pulumi", "stacks", project, `${STACK}.json`)).size;
    },
  };
}

function operate(
  operation: Operation,
  cli: PulumiCli,
  session: Session,
  checkpoints: boolean,
): Promise<{ code: number }> {
  const args = [operation, ...stackArguments(session)];
  if (operation === "preview") return cli.show([...args, "--non-interactive", "--suppress-progress"]);
  // Of a stack without resources yet, so that both projects get what a stack of healing kinds gets.
  const env = checkpointEnvironment(session, cli, undefined, { checkpoints });
  return runOperation(cli, [...args, ...consentArguments(session, quiet, {})], { env });
}

/** Nobody watches: the form of output that a pipeline gets. */
const quiet: Terminal = {
  out: () => {},
  note: () => {},
  interactive: false,
  onTerminal: false,
  style: plainStyle,
  noteStyle: plainStyle,
  confirm: async () => false,
};

/** The same calls, with what they print kept for an error's message. */
const keepingBack = (cli: PulumiCli, said: string[]): PulumiCli => ({
  ...cli,
  async show(args, options) {
    const { stdout, stderr, ...ended } = await cli.capture(args, options);
    said.push(stdout, stderr);
    return ended;
  },
});

const environmentFor = (slipwayDir: string): Environment => ({
  ...process.env,
  ...Object.fromEntries(NOT_PASSED_ON.map((name) => [name, undefined])),
  SLIPWAY_DIR: slipwayDir,
});
