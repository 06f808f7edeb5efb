import type { z } from "zod";

/** One mistake in the stack config, where it stands and what is allowed. */
export interface ConfigIssue {
  /** As in the YAML file: `slipway:nats.streams.RESULTS.maxAge`. */
  readonly path: string;
  readonly message: string;
}

const identifier = /^[A-Za-z_$][\w$-]*$/;

/** `slipway:nats` and `["streams", "a.b", "subjects", 0]` give `slipway:nats.streams["a.b"].subjects[0]`, as `pulumi config --path` takes it. */
export function joinPath(base: string, segments: readonly PropertyKey[]): string {
  return segments.reduce<string>((path, segment) => {
    if (typeof segment === "number") return `${path}[${segment}]`;
    const key = String(segment);
    return identifier.test(key) ? `${path}.${key}` : `${path}["${key}"]`;
  }, base);
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text === undefined ? "nothing" : text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const segment of path) {
    if (value === null || typeof value !== "object") return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

/** The kinds' schemas say themselves what is known; zod's own text repeats the key only. */
const knownKeys = (message: string): string => {
  const known = /known are (.*)$/s.exec(message)?.[1]?.replace(/\bowner, /, "");
  return `is not a setting: remove it or mend its spelling${known === undefined ? "" : `; known are ${known}`}`;
};

/** Zod's issues with our paths. An unknown key is reported where it stands, one issue a key. */
export function issuesOf(base: string, error: z.ZodError, root: unknown): ConfigIssue[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: joinPath(base, [...issue.path, key]),
        message: knownKeys(issue.message),
      }));
    }
    const value = valueAt(root, issue.path);
    // Messages of the kinds' own rules name the value already.
    const named = value === undefined || issue.message.includes(shown(value));
    const prefix = named ? "" : `${shown(value)}: `;
    return [{ path: joinPath(base, issue.path), message: `${prefix}${issue.message}` }];
  });
}

/** Thrown with every mistake at once, before anything is registered. */
export class ConfigError extends Error {
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    const count = issues.length === 1 ? "1 mistake" : `${issues.length} mistakes`;
    super(
      [`the stack config has ${count}:`, ...issues.map(({ path, message }) => `  ${path}: ${message}`)].join(
        "\n",
      ),
    );
    this.name = "ConfigError";
    this.issues = issues;
    this.stack = this.message;
  }
}
