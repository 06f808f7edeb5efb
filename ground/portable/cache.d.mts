export type Environment = Readonly<Record<string, string | undefined>>;

export interface CacheEntry {
  readonly directory: string;
  readonly binDir: string;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** `SLIPWAY_CACHE`, or `slipway` under `XDG_CACHE_HOME`, or under `~/.cache`; absolute. */
export function cacheHome(env: Environment): string;

/** Sixteen hex digits over everything that decides what an entry holds, whatever the order of `parts`. */
export function cacheKey(parts: Readonly<Record<string, string>>): string;

/** Only a published entry is found: its manifest is written last, and the whole appears by one rename. */
export function findEntry(env: Environment, name: string, key: string): CacheEntry | undefined;

/**
 * One command at a time makes entries, so that two builds never compete for the machine. Throws with what to do where
 * the folder can't be written.
 */
export function withCacheLock<T>(
  env: Environment,
  work: () => Promise<T>,
  options?: { readonly onWait?: (ownerPid: number) => void },
): Promise<T>;

/**
 * Lets `make` fill a draft folder (it has an empty `bin/`) and publishes it by rename; a killed or failed `make` leaves
 * no entry. Call it under `withCacheLock`. What `make` returns is added to the manifest.
 */
export function publishEntry(
  env: Environment,
  name: string,
  key: string,
  manifest: Readonly<Record<string, unknown>>,
  make: (draft: string) => Promise<Readonly<Record<string, unknown>> | undefined>,
): Promise<CacheEntry>;
