interface Node<T> {
  readonly children: Map<string, Node<T>>;
  /** Of the subjects that end here. */
  readonly values: T[];
}

const makeNode = <T>(): Node<T> => ({ children: new Map(), values: [] });

/**
 * Subjects by their tokens, so that the few that collide with one are found without a look at each: thousands of streams
 * would make millions of pairs.
 */
export class SubjectIndex<T> {
  readonly #root = makeNode<T>();

  add(subject: string, value: T): void {
    let node = this.#root;
    for (const token of subject.split(".")) {
      let child = node.children.get(token);
      if (child === undefined) {
        child = makeNode();
        node.children.set(token, child);
      }
      node = child;
    }
    node.values.push(value);
  }

  /** The values of all subjects that collide with one of these, each once. */
  colliding(subjects: readonly string[]): Set<T> {
    const found = new Set<T>();
    for (const subject of subjects) collect(this.#root, subject.split("."), 0, found);
    return found;
  }
}

function collect<T>(node: Node<T>, tokens: readonly string[], depth: number, found: Set<T>): void {
  const token = tokens[depth];
  if (token === undefined) {
    for (const value of node.values) found.add(value);
    return;
  }
  if (token === ">") {
    for (const child of node.children.values()) collectAll(child, found);
    return;
  }
  for (const value of node.children.get(">")?.values ?? []) found.add(value);
  const matching = token === "*" ? [...node.children.keys()] : [token, "*"];
  for (const key of matching) {
    const child = key === ">" ? undefined : node.children.get(key);
    if (child !== undefined) collect(child, tokens, depth + 1, found);
  }
}

function collectAll<T>({ children, values }: Node<T>, found: Set<T>): void {
  for (const value of values) found.add(value);
  for (const child of children.values()) collectAll(child, found);
}
