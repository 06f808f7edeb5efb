import { join, resolve } from "node:path";
import type { Environment } from "./environment.ts";
import { checkStackName, readProject, readStackFile, type StackFile, shortName } from "./stack-file.ts";

/** Of the commands that work on a stack. */
export interface StackOptions {
  readonly stack?: string;
  readonly configFile?: string;
}

/** Which stack of which checkout a command works on, and where its things are. Nothing is started or asked for it. */
export interface Session {
  /** The Pulumi project: this checkout. */
  readonly root: string;
  readonly project: string;
  /** As typed: `dev`, `acme/dev`. */
  readonly stack: string;
  readonly file: StackFile;
  /** Absolute, when the config isn't in the file that the stack's name says. */
  readonly configFile: string | undefined;
  readonly embedded: boolean;
  /** `$SLIPWAY_DIR`, by default `<checkout>/.slipway`; absolute. */
  readonly slipwayDir: string;
  readonly groundDir: string;
  /** Of Pulumi.yaml. */
  readonly projectBackendUrl: string | undefined;
}

const DEFAULT_STACK = "dev";

/** The checkout that this command line belongs to. */
export const CHECKOUT = resolve(import.meta.dirname, "../..");

export interface Surroundings {
  readonly root: string;
  readonly cwd: string;
  readonly env: Environment;
}

export const processSurroundings = (): Surroundings => ({
  root: CHECKOUT,
  cwd: process.cwd(),
  env: process.env,
});

export const slipwayDirOf = ({ root, cwd, env }: Surroundings): string =>
  env.SLIPWAY_DIR ? resolve(cwd, env.SLIPWAY_DIR) : join(root, ".slipway");

/** Throws CommandError for a stack that isn't there. The stack: `--stack`, else `PULUMI_STACK`, else `dev`. */
export function openSession(
  options: StackOptions,
  surroundings: Surroundings = processSurroundings(),
): Session {
  const { root, cwd, env } = surroundings;
  const stack = checkStackName(options.stack ?? (env.PULUMI_STACK || DEFAULT_STACK));
  const configFile = options.configFile === undefined ? undefined : resolve(cwd, options.configFile);
  const file = readStackFile(root, stack, configFile);
  const { name, backendUrl } = readProject(root);
  const slipwayDir = slipwayDirOf(surroundings);
  return {
    root,
    project: name,
    stack,
    file,
    configFile,
    embedded: file.embedded,
    slipwayDir,
    groundDir: join(slipwayDir, "ground"),
    projectBackendUrl: backendUrl,
  };
}

/** How the ownership marks of this stack's resources begin: `<project>/<stack>/`. */
export const ownerPrefix = (session: Session): string => `${session.project}/${shortName(session.stack)}/`;
