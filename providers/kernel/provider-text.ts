/**
 * The line that a resource keeps in state as its `__provider`. The host loads it as a CommonJS module and calls
 * `handler()`; it is the same on every machine and captures nothing.
 *
 * It asks for the kind by this package's own name, from the project's folder, through the `exports` map of
 * package.json: a module loaded from text has no place of its own to resolve from. What that map leads to may move; the
 * name in the text may not, because destroy and refresh run the line that is in state.
 */
export function providerText(kind: string): string {
  return `exports.handler=()=>require("module").createRequire(process.cwd()+"/")("${moduleOf(kind)}").provider`;
}

/** What the text loads; the module exports `provider`. Frozen, as above. */
export const moduleOf = (kind: string): string => `slipway/kind/${kind}`;

/** The module and type that follow `pulumi-nodejs:dynamic/` in a resource's type token. */
export const TYPE_MODULE = "slipway";
export const typeToken = (kind: string): string => `pulumi-nodejs:dynamic/${TYPE_MODULE}:${kind}`;

/** The property that holds the text. */
export const PROVIDER_KEY = "__provider";
