/**
 * What stands for a value that is not known before `up`. The engine passes it to check and diff as a plain string, in
 * place of any value at any depth. Source: `UnknownStringValue` of the engine's plugin protocol.
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const isUnknown = (value: unknown): boolean => value === UNKNOWN;

/** True when the value, or anything inside it, is not known yet. */
export const hasUnknown = (value: unknown): boolean => someLeaf(value, isUnknown);

/** True when anything in the value was put together from an unknown, such as a name with a suffix. */
export const mentionsUnknown = (value: unknown): boolean =>
  someLeaf(value, (leaf) => typeof leaf === "string" && leaf.includes(UNKNOWN));

function someLeaf(value: unknown, test: (leaf: unknown) => boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => someLeaf(item, test));
  if (typeof value === "object" && value !== null)
    return Object.values(value).some((item) => someLeaf(item, test));
  return test(value);
}
