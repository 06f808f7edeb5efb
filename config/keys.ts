/** A key of the stack config with its namespace; without one it is the project's, as everywhere in Pulumi. */
export const fullKey = (project: string, key: string): string =>
  key.includes(":") ? key : `${project}:${key}`;
