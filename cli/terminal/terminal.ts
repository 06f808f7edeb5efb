import { createInterface } from "node:readline/promises";
import { colourStyle, plainStyle, type Style, wantsColour } from "./style.ts";

/** Where a command reads and writes. Results go to `out`, everything about the way there to `note`. */
export interface Terminal {
  readonly out: (line: string) => void;
  readonly note: (line: string) => void;
  /** True when a person sits at both ends, so that questions make sense. */
  readonly interactive: boolean;
  /** True when some stream is a terminal, so that its Ctrl-C reaches every process of the command. */
  readonly onTerminal: boolean;
  readonly style: Style;
  readonly noteStyle: Style;
  /** True only for `y` or `yes`. */
  readonly confirm: (question: string) => Promise<boolean>;
}

export function processTerminal(env: Readonly<Record<string, string | undefined>> = process.env): Terminal {
  const styleOf = (stream: NodeJS.WriteStream): Style =>
    wantsColour(env, stream.isTTY === true) ? colourStyle : plainStyle;
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    onTerminal: [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true),
    style: styleOf(process.stdout),
    noteStyle: styleOf(process.stderr),
    async confirm(question) {
      const reader = createInterface({ input: process.stdin, output: process.stderr });
      try {
        const answer = await reader.question(`${question} [y/N] `);
        return /^y(es)?$/i.test(answer.trim());
      } finally {
        reader.close();
      }
    },
  };
}
