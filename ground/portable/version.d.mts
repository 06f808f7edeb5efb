/** Negative when `a` is older. Versions are `1.2.3` with or without `v`, with or without a pre-release part. */
export function compareVersions(a: string, b: string): number;

/** Whether `version` meets all terms of `range`: terms `>=N`, `<N` or `N`, divided by spaces. */
export function satisfies(version: string, range: string): boolean;
