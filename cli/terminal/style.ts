import { styleText } from "node:util";

/** How a piece of text is to be seen; plain where colours are off. */
export interface Style {
  readonly plain: boolean;
  readonly error: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly good: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
}

const identity = (text: string): string => text;

export const plainStyle: Style = {
  plain: true,
  error: identity,
  warning: identity,
  good: identity,
  dim: identity,
  strong: identity,
};

type Format = Parameters<typeof styleText>[0];
const format =
  (name: Format) =>
  (text: string): string =>
    styleText(name, text, { validateStream: false });

export const colourStyle: Style = {
  plain: false,
  error: format("red"),
  warning: format("yellow"),
  good: format("green"),
  dim: format("dim"),
  strong: format("bold"),
};

/** Colours only on a terminal that can show them; any value of NO_COLOR switches them off (https://no-color.org). */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (!isTerminal) return false;
  return (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}
