/** The steps of a property path as the engine writes it: `a.b[0]["c.d"]`. Undefined when it is none. */
export function parsePropertyPath(path: string): (string | number)[] | undefined {
  const token = /\.?([^.[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/y;
  const steps: (string | number)[] = [];
  while (token.lastIndex < path.length) {
    const match = token.exec(path);
    if (match === null) return undefined;
    const [, name, index, quoted] = match;
    steps.push(index !== undefined ? Number(index) : (name ?? (quoted as string).replace(/\\(.)/g, "$1")));
  }
  return steps.length === 0 ? undefined : steps;
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const step of parsePropertyPath(path) ?? [path]) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
