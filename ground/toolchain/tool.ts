import type { ToolName, ToolVersion } from "./versions.ts";

/** `linux-x64` and the like; the releases' own spellings are made from it. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** An archive of an official release, with the list of SHA-256 sums published beside it. */
export interface ReleaseAsset {
  readonly url: string;
  readonly checksums: string;
  /** The folder in the archive that holds the binaries. */
  readonly folder: string;
}

export interface Release {
  readonly kind: "release";
  /** Undefined where nothing is published for the platform. */
  readonly asset: (platform: Platform, version: string) => ReleaseAsset | undefined;
}

/** `go build` from a pinned module in `modules/<module>/`, which has a go.mod and go.sum and no source of its own. */
export interface GoBuild {
  readonly kind: "go build";
  readonly module: string;
  /** Binary names by the package that each is built from. */
  readonly packages: Readonly<Record<string, string>>;
  readonly ldflags: readonly string[];
  readonly tags: readonly string[];
}

/** A tool's folder put together from another tool's binaries and files of our own. */
export interface Assembly {
  readonly kind: "assembly";
  readonly from: AnyToolName;
  /** Everything that decides what `assemble` writes, for the cache key. */
  readonly ingredients: () => Readonly<Record<string, string>>;
  /** Fills `draft`, which holds `bin/` with the other tool's binaries already. */
  readonly assemble: (draft: string) => void;
}

export type Source = Release | GoBuild | Assembly;

/** A part that is only there to make another tool from. */
export type PartName = "pulumi-cli";
export type AnyToolName = ToolName | PartName;

/** One row of the table: what a tool is, how it is recognised and where it comes from. */
export interface Tool<Name extends string = AnyToolName> extends ToolVersion {
  readonly name: Name;
  /** What can't be done without it. */
  readonly neededBy: "stack" | "tests";
  /** The first is the main one; all must be in one folder. */
  readonly binaries: readonly [string, ...string[]];
  /** How the main binary tells its version; the first group is the version. */
  readonly versionArgs: readonly string[];
  readonly versionPattern: RegExp;
  /** The environment variable that names a main binary to use. */
  readonly override: string;
  /** Tried in this order when neither the override, PATH nor the cache has it. */
  readonly sources: readonly Source[];
}

export interface ProvidedTool<Name extends string = string> {
  readonly name: Name;
  readonly version: string;
  /** `SLIPWAY_…` (the override), `PATH`, `cache`, `running`, or how it was fetched just now. */
  readonly source: string;
  /** How what is in the cache was made, or undefined for what was found elsewhere. */
  readonly origin?: string;
  /** The main binary. */
  readonly path: string;
  readonly binDir: string;
}

export const mainBinary = (tool: { readonly binaries: readonly [string, ...string[]] }): string =>
  tool.binaries[0];
