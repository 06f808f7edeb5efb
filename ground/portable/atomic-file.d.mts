/** Unique among processes and calls: for temporary names beside their final ones. */
export function uniqueSuffix(): string;

/** A reader sees the old text or the new, never a part; folders above are made. */
export function writeFileAtomically(path: string, text: string): void;

/** Undefined when the file is missing or isn't JSON: a torn or foreign file counts as none. */
export function readJsonFile(path: string): unknown;
