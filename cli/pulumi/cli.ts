import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type BackendAddress, backendAddress } from "../backend/address.ts";
import { type Environment, stackEnvironment, stateDirOf } from "../project/environment.ts";
import type { Session } from "../project/session.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type Captured, type Ended, runCaptured, runShown } from "./child.ts";
import { openToolbox } from "./toolbox.ts";

export interface CallOptions {
  /** Beside the stack's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Default: the checkout. */
  readonly cwd?: string;
}

/** The Pulumi CLI, set up for one stack. Arguments name the stack themselves. */
export interface PulumiCli {
  readonly version: string;
  /** Folders of Node and the CLI, to go first on PATH. */
  readonly binDirs: readonly string[];
  /** The variables that plain `pulumi` needs to do the same, without those that are there anyway. */
  readonly overlay: Readonly<Record<string, string>>;
  /** The whole environment that the CLI runs with. */
  readonly env: Environment;
  readonly backend: BackendAddress | undefined;
  /** Prints nothing; a failure is an exit code. */
  capture(args: readonly string[], options?: CallOptions): Promise<Captured>;
  /** On this terminal, with the CLI's own display. */
  show(args: readonly string[], options?: CallOptions): Promise<Ended>;
}

/** Provides the tools and works out the environment; makes the folder of an embedded stack's state. */
export async function openPulumi(
  session: Session,
  terminal: Terminal,
  processEnv: Environment = process.env,
): Promise<PulumiCli> {
  const toolbox = await openToolbox(processEnv, session.embedded);
  const overlay = stackEnvironment(processEnv, session, toolbox.facts);
  const env = { ...processEnv, ...overlay };
  // The CLI doesn't make the folder of a file backend.
  if (session.embedded) mkdirSync(stateDirOf(session.slipwayDir), { recursive: true });
  const command = (args: readonly string[], options: CallOptions) => ({
    file: toolbox.pulumi,
    args: [...args, ...(terminal.style.plain ? ["--color", "never"] : [])],
    cwd: options.cwd ?? session.root,
    env: { ...env, ...options.env },
  });
  return {
    version: toolbox.pulumiVersion,
    binDirs: toolbox.facts.binDirs,
    overlay,
    env,
    backend: backendOf(session, env),
    capture: (args, options = {}) => runCaptured(command(args, options), options.input),
    show: (args, options = {}) => runShown(command(args, options), terminal.onTerminal),
  };
}

export function backendOf(session: Session, env: Environment): BackendAddress | undefined {
  const sources = {
    variable: env.PULUMI_BACKEND_URL,
    project: session.projectBackendUrl,
    login: lastLogin(env),
  };
  return backendAddress(sources, session.root);
}

/** What `pulumi login` chose. Source: pulumi, sdk/go/common/workspace/creds.go, `current`. */
function lastLogin(env: Environment): string | undefined {
  const folder = env.PULUMI_CREDENTIALS_PATH || env.PULUMI_HOME || join(homedir(), ".pulumi");
  try {
    const current = (
      JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8")) as { current?: unknown }
    ).current;
    return typeof current === "string" ? current : undefined;
  } catch {
    return undefined;
  }
}
