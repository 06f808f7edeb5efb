export interface Edge {
  readonly before: string;
  readonly after: string;
}

/**
 * The items with everything that an edge puts before them in front of them, otherwise in the order given. Pure. Items on
 * a cycle come last in the order given; a finding has stopped the run before that matters.
 */
export function inOrder<Item extends { readonly name: string }>(
  items: readonly Item[],
  edges: readonly Edge[],
): Item[] {
  const names = new Set(items.map((item) => item.name));
  const waiting = new Map(items.map((item) => [item.name, new Set<string>()] as const));
  for (const { before, after } of edges) if (names.has(before)) waiting.get(after)?.add(before);

  const ordered: Item[] = [];
  let rest = [...items];
  while (rest.length > 0) {
    const ready = rest.filter((item) => waiting.get(item.name)?.size === 0);
    if (ready.length === 0) return [...ordered, ...rest];
    ordered.push(...ready);
    const done = new Set(ready.map((item) => item.name));
    rest = rest.filter((item) => !done.has(item.name));
    for (const item of rest) for (const name of done) waiting.get(item.name)?.delete(name);
  }
  return ordered;
}
