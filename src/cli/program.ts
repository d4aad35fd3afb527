import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { EXIT, verdictOn } from "./exit-codes.ts";
import { say } from "./terminal.ts";

/** The `kilowatch` program without its commands. Made with `parent.command()`, they inherit how it speaks and ends. */
export function createProgram(): Command {
  return new Command("kilowatch")
    .description("Readings of solar, battery and metering fleets of every maker, in one place.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text) => say(oneLine(text)) })
    .exitOverride();
}

/** Gives a command's help its example. */
export function withExample(command: Command, ...lines: readonly string[]): Command {
  const title = lines.length > 1 ? "Examples:" : "Example:";
  return command.addHelpText("after", `\n${title}\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}

/**
 * Runs the command that `argv` names; what went wrong is said on stderr, and the process's exit code is set, not taken:
 * what is still being written to a pipe gets there. A command that ended without an error, but not with all that was
 * asked, sets the exit code itself.
 */
export async function run(program: Command, argv: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.badUse;
      return;
    }
    const verdict = verdictOn(error);
    say(`error: ${verdict.words}`);
    process.exitCode = verdict.code;
  }
}

/** Flags that someone might try for a secret. */
const SECRET_FLAG = /unknown option '--?[\w-]*(token|secret|password)/i;

/** One line, in which no value shows that was glued to a flag or that was one too many: it may be a secret that has no place there. */
function oneLine(text: string): string {
  const line = text
    .trim()
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll(/'(--?[\w-]+)=[^']*'/g, "'$1'")
    .replace(/(too many arguments .* but got \d+): .*/, "$1.");
  return SECRET_FLAG.test(line) ? `${line}: a secret is never an argument; --help says where it comes from` : line;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
