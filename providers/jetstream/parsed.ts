/** What reading one value gives: the value, or one line that says what is wrong and what to write. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

export const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
export const fail = (message: string): Parsed<never> => ({ ok: false, message });

/** Longest piece of a user's value that a message repeats. */
const SHOWN_LENGTH = 80;

/** A value as a message shows it: JSON, cut when long. */
export const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
};

const encoder = new TextEncoder();

/** Length in UTF-8 bytes, which is how the server counts. */
export const byteLength = (text: string): number => encoder.encode(text).length;

/** Bytewise order of strings, the same on every machine and in every locale. */
export const bytewise = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorted, each once. */
export const sortedSet = (values: Iterable<string>): string[] => [...new Set(values)].sort(bytewise);
