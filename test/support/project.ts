import { type ChildProcess, execFile, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { embeddedBackendUrl } from "../../cli/backend/address.ts";
import { type PlanReport, planSchema, type StatusReport, statusSchema } from "../../cli/contracts.ts";
import { stackEnvironment, stateDirOf } from "../../cli/project/environment.ts";
import { CHECKOUT } from "../../cli/project/session.ts";
import { openToolbox } from "../../cli/pulumi/toolbox.ts";
import { checkpointSchema, resourcesOf, type StateResource } from "../../cli/state/deployment.ts";
import { messagingChild } from "../../components/naming.ts";
import { kill9, markedProcesses } from "./processes.ts";

/** The key of the empty passphrase, as the dev stack has it. */
const ENCRYPTION_SALT = "v1:dWnIP2iIPVU=:v1:GevieV+yhu5l5KM0:wAAxUdVmxWB7qXjkUMKSDDJIfJqIsg==";
const MAIN = join(CHECKOUT, "cli", "main.ts");
const MAX_OUTPUT_BYTES = 1 << 26;

/** How a command ended. */
export interface Ended {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Both, for a failed expectation to show. */
  readonly text: string;
}

export interface ProjectOptions {
  /** Of the stack; tells one test's resources from another's. */
  readonly stack: string;
  /** Of a server that the test runs itself. Default: the ground is embedded, under the project's own folder. */
  readonly servers?: string | undefined;
  /** Beside `servers`: credentials and timeouts as in `slipway:nats.connection`. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** Beside the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What `slipway:nats` declares. */
export type Declarations = Readonly<Record<string, unknown>>;

/** A stack of its own in the checkout: config, state and ground in a temporary folder, the real command line on it. */
export interface Project {
  readonly stack: string;
  /** Temporary; goes with `close`. */
  readonly folder: string;
  readonly configFile: string;
  /** SLIPWAY_DIR; in the environment of every process that a command starts, and of no other. */
  readonly slipwayDir: string;
  /** Of the file backend. */
  readonly stateDir: string;
  /** Of the stack, in the backend. */
  readonly stateFile: string;
  readonly env: NodeJS.ProcessEnv;
  /** Which language host runs the program. */
  readonly languageHost: "official" | "slipway";
  /** Writes the stack's config; `more` are further keys of it. */
  declare(nats: Declarations, more?: Readonly<Record<string, unknown>>): void;
  /** Writes the stack's config as it is, connection included. */
  declareRaw(config: Readonly<Record<string, unknown>>): void;
  /** `slipway <command>` on this stack. */
  slipway(command: string, ...args: readonly string[]): Promise<Ended>;
  /** The same, left running. */
  start(command: string, ...args: readonly string[]): ChildProcess;
  /** `slipway up`, without asking and without a preview; throws with the output unless it succeeds. */
  up(...args: readonly string[]): Promise<Ended>;
  /** `slipway preview --json`. */
  plan(...args: readonly string[]): Promise<{ readonly code: number | null; readonly plan: PlanReport }>;
  /** `slipway status --json`. */
  status(): Promise<StatusReport>;
  /** Plain `pulumi`, set up for this stack's backend. */
  pulumi(...args: readonly string[]): Promise<Ended>;
  /** What `pulumi stack export` has. */
  resources(): Promise<readonly StateResource[]>;
  close(): Promise<void>;
}

let told = false;

/** Opens a project with an empty stack; `close` must be called, also when a test has failed (`afterAll`). */
export async function openProject(options: ProjectOptions): Promise<Project> {
  const { stack, servers } = options;
  const folder = mkdtempSync(join(tmpdir(), "slipway-e2e-"));
  const configFile = join(folder, "stack.yaml");
  const slipwayDir = join(folder, "slipway");
  const stateDir = stateDirOf(slipwayDir);
  const embedded = servers === undefined;
  mkdirSync(stateDir, { recursive: true });

  const toolbox = await openToolbox(process.env);
  const languageHost = toolbox.facts.ownLanguageHost ? "slipway" : "official";
  if (!told) console.log(`Pulumi ${toolbox.pulumiVersion}, language host: ${languageHost}`);
  told = true;

  const env: NodeJS.ProcessEnv = {
    ...process.env,
    SLIPWAY_DIR: slipwayDir,
    PULUMI_BACKEND_URL: embeddedBackendUrl(stateDir),
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
    NO_COLOR: "1",
    ...options.env,
  };
  const onStack = ["--stack", stack, "--config-file", configFile];

  const run = (
    file: string,
    args: readonly string[],
    runEnv: NodeJS.ProcessEnv,
    cwd = CHECKOUT,
  ): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(file, args, { cwd, env: runEnv, maxBuffer: MAX_OUTPUT_BYTES }, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
        resolve({ code, out, err, text: `${out}\n${err}` });
      });
    });

  const declareRaw = (config: Readonly<Record<string, unknown>>): void =>
    writeFileSync(configFile, stringify({ encryptionsalt: ENCRYPTION_SALT, config }));
  const slipway = (command: string, ...args: readonly string[]): Promise<Ended> =>
    run(process.execPath, [MAIN, command, ...onStack, ...args], env);
  const pulumiEnv = { ...env, ...stackEnvironment(env, { embedded, slipwayDir, stack }, toolbox.facts) };
  const pulumi = (...args: readonly string[]): Promise<Ended> => run(toolbox.pulumi, args, pulumiEnv);

  if (!embedded) {
    // As somebody has done for every stack that isn't embedded. In the checkout it would write the stack's file there.
    copyFileSync(join(CHECKOUT, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    const init = ["stack", "init", stack, "--no-select"];
    succeeded(await run(toolbox.pulumi, init, pulumiEnv, folder));
  }

  return {
    stack,
    folder,
    configFile,
    slipwayDir,
    stateDir,
    stateFile: join(stateDir, ".pulumi", "stacks", "slipway", `${stack}.json`),
    env,
    languageHost,
    declareRaw,
    declare(nats, more = {}) {
      const connection = embedded ? options.connection : { servers, ...options.connection };
      declareRaw({
        "slipway:profile": "dev",
        "slipway:ground": embedded ? "embedded" : "external",
        "slipway:nats": { ...(connection === undefined ? {} : { connection }), ...nats },
        ...more,
      });
    },
    slipway,
    start: (command, ...args) =>
      spawn(process.execPath, [MAIN, command, ...onStack, ...args], { cwd: CHECKOUT, env, stdio: "ignore" }),
    up: async (...args) => succeeded(await slipway("up", "--yes", "--skip-preview", ...args)),
    async plan(...args) {
      const ended = await slipway("preview", "--json", ...args);
      return { code: ended.code, plan: planSchema.parse(json(ended)) };
    },
    status: async () => statusSchema.parse(json(await slipway("status", "--json"))),
    pulumi,
    async resources() {
      const exported = succeeded(await pulumi("stack", "export", "--stack", stack));
      return resourcesOf(checkpointSchema.parse(json(exported)));
    },
    async close() {
      if (embedded) {
        await run(process.execPath, [MAIN, "ground", "reset", "--yes", ...onStack], env);
      }
      // A test that ran out of time leaves its command running.
      kill9(markedProcesses("SLIPWAY_DIR", slipwayDir));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What was printed goes with a wrong exit code, or nobody could tell what went wrong. */
export function succeeded(ended: Ended): Ended {
  if (ended.code !== 0) throw new Error(`ended with ${ended.code}:\n${ended.text}`);
  return ended;
}

export function failed(ended: Ended): Ended {
  if (ended.code === 0 || ended.code === null) {
    throw new Error(`ended with ${ended.code}, and should have failed:\n${ended.text}`);
  }
  return ended;
}

function json(ended: Ended): unknown {
  try {
    return JSON.parse(ended.out);
  } catch (cause) {
    throw new Error(`ended with ${ended.code} and printed no JSON:\n${ended.text}`, { cause });
  }
}

/** The mark that the resource of a key of the stack's config carries on the server. */
export const ownerOf = (project: Pick<Project, "stack">, key: string): string =>
  `slipway/${project.stack}/${messagingChild(key)}`;
