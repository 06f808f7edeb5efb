import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { ErrorReport } from "./contracts.ts";
import { CommandError, messageOf } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { CHECKOUT } from "./project/session.ts";
import type { Terminal } from "./terminal/terminal.ts";

const EXIT_CODES = `
Exit codes:
  0    done, or nothing to do
  1    something failed, is unhealthy or missing, or the survey found errors
  2    the command was typed wrongly, or --fail-on warning is met
  130  interrupted
`;

const version = (): string =>
  (JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8")) as { version: string }).version;

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;

function positive(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("a whole number from 1 to 9999 is allowed.");
}

/** Splits at the first `--`: what follows goes to pulumi as it is. */
export function splitArguments(argv: readonly string[]): {
  own: readonly string[];
  extra: readonly string[];
} {
  const at = argv.indexOf("--");
  return at < 0 ? { own: argv, extra: [] } : { own: argv.slice(0, at), extra: argv.slice(at + 1) };
}

/** A command on a stack, made known to the program. */
function onStack(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option("-s, --stack <name>", "the stack, as in Pulumi.<name>.yaml (default: $PULUMI_STACK, else dev)")
    .option("--config-file <path>", "take the stack's config from this file");
}

const asked = (command: Command): Command =>
  command
    .option("-y, --yes", "don't ask; an embedded stack (slipway:ground: embedded) never asks")
    .option("--parallel <n>", "how many resource operations may run at once", positive)
    .option("--checkpoints", "save the state at every step even where one save at the end is safe");

type Options = Record<string, unknown>;

/** The whole command line. Commands are loaded when they are called, so that `--help` is quick. */
export function buildProgram(
  terminal: Terminal,
  extra: readonly string[],
  done: (code: ExitCode) => void,
): Command {
  const program = new Command("slipway")
    .description(
      "Brings a fleet environment to what its stack config says, with a preview that tells the truth about data.",
    )
    .version(version(), "-V, --version", "the version of Slipway")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      // One line, also where commander puts its suggestion on another.
      outputError: (text, write) =>
        write(
          `${text
            .trim()
            .replace(/^error: /, "slipway: ")
            .replace(/\s*\n\s*/g, " ")}\n`,
        ),
    })
    .addHelpText(
      "after",
      examples(
        "slipway up                                from nothing to a running dev environment",
        "slipway preview -s prod --json            the plan with findings, for a pipeline",
        "slipway status                            every resource, its health and how full it is",
        "slipway down                              destroy the dev stack, stop its ground",
      ) + EXIT_CODES,
    );

  asked(onStack(program, "up", "bring the stack to what its config says"))
    .option("-r, --refresh", "look first at what the servers have")
    .option("-f, --skip-preview", "don't show the plan before asking (an embedded stack shows none)")
    .addHelpText(
      "after",
      examples(
        "slipway up",
        "slipway up -s staging --yes",
        "slipway up -- --target <urn>   more arguments for pulumi up",
      ),
    )
    .action(async (options: Options) =>
      done(await (await import("./commands/up.ts")).up({ ...options, extra }, terminal)),
    );

  onStack(program, "preview", "show what an up would do and what the survey finds; changes nothing")
    .option("--json", "print one JSON object: changes, findings, result")
    .addOption(
      new Option("--fail-on <severity>", "exit 2 when there is a finding of this severity").choices([
        "warning",
      ]),
    )
    .option("-r, --refresh", "look first at what the servers have")
    .option("--parallel <n>", "how many resource operations may run at once", positive)
    .addHelpText(
      "after",
      `${examples("slipway preview", "slipway preview -s prod --json --fail-on warning")}
Starts the ground of an embedded stack when it isn't up. Result (--json): clean, warnings, errors (exit 1), failed (exit 1).
`,
    )
    .action(async (options: Options) =>
      done(await (await import("./commands/preview.ts")).preview({ ...options, extra }, terminal)),
    );

  asked(onStack(program, "refresh", "take what the servers have into the state; changes no server"))
    .addHelpText("after", examples("slipway refresh && slipway preview      shows what drifted"))
    .action(async (options: Options) =>
      done(await (await import("./commands/refresh.ts")).refresh({ ...options, extra }, terminal)),
    );

  asked(onStack(program, "down", "destroy every resource of the stack, then stop its ground"))
    .option("--keep-ground", "leave the ground of an embedded stack running")
    .addHelpText("after", examples("slipway down", "slipway down -s staging --yes"))
    .action(async (options: Options) =>
      done(await (await import("./commands/down.ts")).down({ ...options, extra }, terminal)),
    );

  onStack(program, "status", "show every resource with its health and how full it is")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples("slipway status", "slipway status --json | jq '.resources[] | select(.healthy | not)'"),
    )
    .action(async (options: Options) =>
      done(await (await import("./commands/status.ts")).status(options, terminal)),
    );

  onStack(program, "doctor", "show what the stack needs on this machine, what is missing, and how to mend it")
    .option("--json", "print one JSON object")
    .addHelpText("after", examples("slipway doctor", "slipway doctor -s prod --json"))
    .action(async (options: Options) =>
      done(await (await import("./commands/doctor.ts")).doctor(options, terminal)),
    );

  onStack(program, "env", "print what a shell must set for plain pulumi to work on the stack")
    .addHelpText("after", examples('eval "$(npx slipway env)" && pulumi preview'))
    .action(async (options: Options) =>
      done(await (await import("./commands/env.ts")).env(options, terminal)),
    );

  addGround(program, terminal, done);
  return program;
}

function addGround(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  const ground = program
    .command("ground")
    .description("the servers that Slipway starts itself for an embedded stack");
  ground.helpCommand(false);
  const commands = () => import("./commands/ground.ts");
  onStack(ground, "up", "start what isn't running")
    .option("--json", "print one JSON object")
    .action(async (options: Options) => done(await (await commands()).groundUpCommand(options, terminal)));
  onStack(ground, "down", "stop it; its data stays")
    .option("--json", "print one JSON object")
    .action(async (options: Options) => done(await (await commands()).groundDownCommand(options, terminal)));
  onStack(ground, "status", "show its parts and their health")
    .option("--json", "print one JSON object")
    .action(async (options: Options) =>
      done(await (await commands()).groundStatusCommand(options, terminal)),
    );
  onStack(ground, "reset", "stop it and delete its data")
    .option("-y, --yes", "don't ask")
    .option("--json", "print one JSON object")
    .action(async (options: Options) => done(await (await commands()).groundResetCommand(options, terminal)));
}

/** Runs one command line to its exit code. Never throws for a user's mistake. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { own, extra } = splitArguments(argv);
  let exitCode: ExitCode = EXIT.ok;
  const program = buildProgram(terminal, extra, (code) => {
    exitCode = code;
  });
  try {
    if (own.length === 0) {
      program.outputHelp();
      return EXIT.usage;
    }
    await program.parseAsync([...own], { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error, terminal, own.includes("--json"));
  }
}

function report(error: unknown, terminal: Terminal, asJson: boolean): ExitCode {
  // Commander has told already what is wrong; help and version are no mistakes.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { noteStyle } = terminal;
  if (asJson) {
    const remedy = error instanceof CommandError ? (error.remedy ?? null) : null;
    const object: ErrorReport = { error: { message: messageOf(error), remedy } };
    terminal.out(JSON.stringify(object, null, 2));
  }
  terminal.note(`${noteStyle.error("slipway:")} ${messageOf(error)}`);
  if (!(error instanceof CommandError)) {
    if (process.env.SLIPWAY_DEBUG && error instanceof Error && error.stack) terminal.note(error.stack);
    return EXIT.failed;
  }
  if (error.remedy !== undefined) terminal.note(`  to do: ${error.remedy}`);
  return error.exitCode;
}
