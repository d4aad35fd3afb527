import { InvalidInput, StartupError } from "../domain/errors.ts";

/** What the shell is told; the whole set. */
export const EXIT = {
  done: 0,
  /** Bad use or bad configuration: nothing was tried. */
  badUse: 1,
  /** It was tried and failed. */
  failed: 2,
  /** Done in part; what failed was listed. */
  partly: 3,
  /** It was looked at, and is not what it should be. */
  broken: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command was called wrongly. The message is one line that says what to write instead. */
export class BadUse extends Error {}

/** The command was called rightly and could not be done. The message is one line for a person. */
export class CommandFailed extends Error {}

/** The exit code for an error that ended a command, and the words that go to stderr. */
export function verdictOn(error: unknown): { readonly code: ExitCode; readonly words: string } {
  if (error instanceof BadUse || error instanceof StartupError || error instanceof InvalidInput) {
    return { code: EXIT.badUse, words: error.message };
  }
  if (error instanceof CommandFailed) return { code: EXIT.failed, words: error.message };
  // A fault of this program: the stack is what its maker needs.
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: EXIT.failed, words: `Unexpected failure, please report it: ${words}` };
}
