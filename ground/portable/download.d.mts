/** The text at `url`, at most 1 MiB. One try: a refused connection or a failed name lookup is an answer. */
export function downloadText(url: string): Promise<string>;

/**
 * Saves `url` as `file` if its SHA-256 is the one that the list at `checksumsUrl` gives for its name, and returns that
 * sum; otherwise throws and leaves no file.
 */
export function downloadVerified(
  url: string,
  checksumsUrl: string,
  file: string,
  onProgress?: (receivedBytes: number, totalBytes: number | undefined) => void,
): Promise<string>;

/** Reads the format of sha256sum: 64 hex digits, blanks, an optional `*`, the name. */
export function findChecksum(text: string, name: string): string | undefined;
