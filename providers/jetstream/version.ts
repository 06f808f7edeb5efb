/** Server versions as the connection reports them: `2.14.9`, `2.11.0-dev`, `2.12.0-RC.1`. */

const VERSION = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?/;

interface Version {
  readonly numbers: readonly [number, number, number];
  /** Undefined for a release. */
  readonly pre: string | undefined;
}

/** Throws a TypeError when the text is not a version at all. */
const parse = (text: string): Version => {
  const parts = VERSION.exec(text);
  if (parts === null) throw new TypeError(`${JSON.stringify(text)} is not a server version`);
  return { numbers: [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)], pre: parts[4] };
};

/** Semantic version precedence: negative when `a` is older; a pre-release is older than its release. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [parse(a), parse(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.pre === right.pre) return 0;
  if (left.pre === undefined) return 1;
  if (right.pre === undefined) return -1;
  return comparePre(left.pre.split("."), right.pre.split("."));
};

const comparePre = (a: readonly string[], b: readonly string[]): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [left = "", right = ""] = [a[i], b[i]];
    if (left === right) continue;
    const [numericLeft, numericRight] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (numericLeft && numericRight) return Number(left) - Number(right);
    if (numericLeft !== numericRight) return numericLeft ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
};

/**
 * Whether a server has what came with a release. A pre-release of that very release counts: features are merged before
 * the first candidate is cut, and `2.12.0-RC.1` has the fields of 2.12.
 */
export const atLeast = (version: string, release: string): boolean =>
  compareVersions(version.replace(/-.*$/, ""), release) >= 0;
