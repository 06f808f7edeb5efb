import versions from "./versions.json" with { type: "json" };

/** The version that Slipway fetches or builds, and the range of versions that it takes where it finds them. */
export interface ToolVersion {
  readonly version: string;
  /** Terms `>=N`, `<N` or `N`, all of which must hold. */
  readonly range: string;
}

export type ToolName = keyof typeof versions.tools;

/** The versions of all tools; `versions.json` is the one place where they stand. */
export const TOOL_VERSIONS: Readonly<Record<ToolName, ToolVersion>> = versions.tools;

/** The npm packages that package.json must name in these versions, and why where it isn't simply the newest. */
export const PACKAGE_VERSIONS: Readonly<Record<string, { readonly version: string; readonly why?: string }>> =
  versions.packages;
