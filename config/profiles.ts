/** What an environment is for decides its defaults; a declaration's own words always win. */
export const PROFILES = ["dev", "staging", "prod"] as const;
export type Profile = (typeof PROFILES)[number];

/** An environment that doesn't say is thrown away on this machine, and kept anywhere else. */
export const profileOf = (root: {
  readonly profile?: Profile | undefined;
  readonly ground: "embedded" | "external";
}): Profile => root.profile ?? (root.ground === "embedded" ? "dev" : "staging");

export interface ProfileDefaults {
  /** For every kind that holds data. `delete` only where nothing is worth keeping. */
  readonly deletionPolicy: "delete" | "retain" | "refuse";
  /** Pulumi's own protection against destroy and replace, for every kind that holds data. */
  readonly protect: boolean;
}

export const profileDefaults = (profile: Profile): ProfileDefaults =>
  ({
    dev: { deletionPolicy: "delete", protect: false },
    staging: { deletionPolicy: "refuse", protect: false },
    prod: { deletionPolicy: "refuse", protect: true },
  })[profile] as ProfileDefaults;
