import { createInterface } from "node:readline/promises";
import { BadUse } from "./exit-codes.ts";

export interface Question {
  /** As in "Write this?". */
  readonly question: string;
  /** What is said where there is nobody to ask. */
  readonly unasked: string;
}

/** Asks whether to go on; only y or yes does, and Ctrl-C is a no. @throws BadUse where there is nobody to ask */
export async function confirmed({ question, unasked }: Question, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new BadUse(unasked);
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    lines.close();
  }
}
