import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { CommandError, usageError } from "../errors.ts";

/** What the command line itself needs to know of a stack's config file; the program checks everything else. */
export interface StackFile {
  readonly path: string;
  /** By full key: `slipway:nats`. Encrypted values stand as `{secure: ...}`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Slipway starts the servers of this stack itself. */
  readonly embedded: boolean;
  /** Some value is encrypted, so that reading the config takes the stack's key. */
  readonly hasSecrets: boolean;
}

const STACK_FILE = /^Pulumi\.(.+)\.ya?ml$/;
const STACK_NAME = /^[A-Za-z0-9_.-]{1,100}$/;

/** `dev`, or `acme/dev` and `acme/slipway/dev` on a backend with organizations: the file is named by the last part. */
export const shortName = (stack: string): string => stack.slice(stack.lastIndexOf("/") + 1);

export function checkStackName(stack: string): string {
  const parts = stack.split("/");
  if (parts.length <= 3 && parts.every((part) => STACK_NAME.test(part))) return stack;
  throw usageError(
    `${JSON.stringify(stack)} is not a stack name; letters, digits, "-", "_" and "." are allowed, at most 100`,
    "name the stack as in Pulumi.<stack>.yaml, for example: -s dev",
  );
}

/** Throws CommandError when the file is missing (naming the stacks that are there) or is no YAML mapping. */
export function readStackFile(root: string, stack: string, configFile?: string): StackFile {
  const path = configFile ?? join(root, `Pulumi.${shortName(stack)}.yaml`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw missing(root, stack, path, configFile);
  }
  return { path, ...parseStackFile(text, path) };
}

export function parseStackFile(text: string, path: string): Omit<StackFile, "path"> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new CommandError(`${path} is not YAML: ${error.message.trimEnd()}`, { remedy: "correct the file" });
  }
  const config = recordOf(recordOf(document).config);
  return { config, embedded: config["slipway:ground"] === "embedded", hasSecrets: holdsSecret(config) };
}

/** The project's name and, where the project names one, its backend. */
export function readProject(root: string): {
  readonly name: string;
  readonly backendUrl: string | undefined;
} {
  const project = recordOf(parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")));
  const url = recordOf(project.backend).url;
  return { name: String(project.name), backendUrl: typeof url === "string" ? url : undefined };
}

export const listStacks = (root: string): string[] =>
  readdirSync(root)
    .flatMap((file) => STACK_FILE.exec(file)?.[1] ?? [])
    .sort();

function missing(root: string, stack: string, path: string, configFile: string | undefined): CommandError {
  if (configFile !== undefined)
    return usageError(`there is no file ${path}`, "check the path after --config-file");
  const stacks = listStacks(root);
  const known = stacks.length === 0 ? "there is none yet" : `there are: ${stacks.join(", ")}`;
  return usageError(
    `there is no stack file for ${JSON.stringify(stack)} (${path}); ${known}`,
    "name one with -s <stack>",
  );
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (typeof (value as { secure?: unknown }).secure === "string") return true;
  return Object.values(value).some(holdsSecret);
}
