import { atLeast } from "./version.ts";

/**
 * The ownership mark: two metadata entries that say whose a stream or consumer is and what may happen to it when its
 * declaration goes. With it, a create recognises what an interrupted create of the same resource made, and the survey
 * finds what a stack made and no longer declares.
 */
export interface Mark {
  /** `<project>/<stack>/<logical name>` */
  readonly owner?: string;
  readonly deletion?: "delete" | "retain" | "refuse";
}

export const OWNER_KEY = "slipway.owner";
export const DELETION_KEY = "slipway.deletion";

/** Keys that users may not set: the server's own and the mark's. */
export const RESERVED_PREFIXES = ["_nats.", "slipway."] as const;
const SLIPWAY_PREFIX = "slipway.";
const SERVER_PREFIX = "_nats.";

/** Stream and consumer metadata came with this version; older servers drop it silently, so no mark is sent. */
export const METADATA_SINCE = "2.10.0";

export const supportsMark = (serverVersion: string): boolean => atLeast(serverVersion, METADATA_SINCE);

interface WithMetadata {
  metadata?: Record<string, string>;
}

/** A copy with the mark in its metadata. */
export const withMark = <C extends WithMetadata>(config: C, mark: Mark): C => {
  const entries = Object.entries(config.metadata ?? {}).filter(([key]) => !key.startsWith(SLIPWAY_PREFIX));
  if (mark.owner !== undefined) entries.push([OWNER_KEY, mark.owner]);
  if (mark.deletion !== undefined) entries.push([DELETION_KEY, mark.deletion]);
  return withMetadata(config, entries);
};

/** The mark that a config carries; empty when it has none. */
export const markOf = (config: WithMetadata): Mark => {
  const owner = config.metadata?.[OWNER_KEY];
  const deletion = config.metadata?.[DELETION_KEY];
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(deletion === "delete" || deletion === "retain" || deletion === "refuse" ? { deletion } : {}),
  };
};

/** A copy without the mark. */
export const withoutMark = <C extends WithMetadata>(config: C): C =>
  withMetadata(
    config,
    Object.entries(config.metadata ?? {}).filter(([key]) => !key.startsWith(SLIPWAY_PREFIX)),
  );

/** A copy without what the server itself adds: it changes on its own and must never be sent. */
export const withoutServerMetadata = <C extends WithMetadata>(config: C): C =>
  withMetadata(
    config,
    Object.entries(config.metadata ?? {}).filter(([key]) => !key.startsWith(SERVER_PREFIX)),
  );

/** What a user may see and set of a config's metadata; undefined when there is nothing. */
export const userMetadata = (config: WithMetadata): Record<string, string> | undefined =>
  withoutServerMetadata(withoutMark(config)).metadata;

const withMetadata = <C extends WithMetadata>(config: C, entries: [string, string][]): C => {
  const { metadata: _, ...rest } = config;
  if (entries.length === 0) return rest as C;
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...rest, metadata: Object.fromEntries(entries) } as unknown as C;
};
