import { delimiter, join } from "node:path";
import { embeddedBackendUrl } from "../backend/address.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What of the provided tools decides the environment that the Pulumi CLI runs with. */
export interface ToolFacts {
  /** Folders that go first on PATH, in order. */
  readonly binDirs: readonly string[];
  /** The CLI is the user's own installation, with its own home: logins, plugins. */
  readonly pulumiIsUsersOwn: boolean;
  /** The language host is the one that Slipway brings where official releases can't be downloaded. */
  readonly ownLanguageHost: boolean;
  /** Slipway's cache folder. */
  readonly cacheDir: string;
}

export interface StackFacts {
  readonly embedded: boolean;
  readonly slipwayDir: string;
  readonly stack: string;
}

export const stateDirOf = (slipwayDir: string): string => join(slipwayDir, "state");

/**
 * The variables that make the Pulumi CLI work on a stack, beside those that are there. What the user set is kept.
 * A stack that isn't embedded keeps its backend and its passphrase to itself.
 */
export function stackEnvironment(
  env: Environment,
  stack: StackFacts,
  tools: ToolFacts,
): Record<string, string> {
  const path = [...tools.binDirs, ...(env.PATH ?? "").split(delimiter)].filter((part) => part !== "");
  return {
    PATH: [...new Set(path)].join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    SLIPWAY_DIR: stack.slipwayDir,
    ...unlessSet(env, "NODE_COMPILE_CACHE", join(tools.cacheDir, "compile-cache")),
    ...(tools.pulumiIsUsersOwn ? {} : unlessSet(env, "PULUMI_HOME", join(tools.cacheDir, "pulumi-home"))),
    // Without the internet the engine would try, and wait, for plugins that nothing here needs.
    ...(tools.ownLanguageHost ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
    ...(stack.embedded ? embeddedEnvironment(env, stack) : {}),
  };
}

/** The embedded stack's state lies beside its ground and holds no secrets, hence the empty passphrase. */
function embeddedEnvironment(env: Environment, { slipwayDir }: StackFacts): Record<string, string> {
  const hasPassphrase =
    env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
  return {
    ...unlessSet(env, "PULUMI_BACKEND_URL", embeddedBackendUrl(stateDirOf(slipwayDir))),
    ...(hasPassphrase ? {} : { PULUMI_CONFIG_PASSPHRASE: "" }),
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
  };
}

/** An empty value counts as not set, as the Pulumi CLI sees it. */
const unlessSet = (env: Environment, name: string, value: string): Record<string, string> =>
  env[name] ? {} : { [name]: value };

/** A line for a POSIX shell to evaluate. */
export const exportLine = (name: string, value: string): string =>
  `export ${name}='${value.replaceAll("'", `'\\''`)}'`;
