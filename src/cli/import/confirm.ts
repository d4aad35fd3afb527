import { createInterface } from "node:readline/promises";
import { BadUse } from "../exit-codes.ts";

/** Asks whether to go on; only y or yes does. @throws BadUse where there is nobody to ask, the signal's reason when aborted */
export async function confirmed(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new BadUse("Nothing was written: there is nobody to ask, and --yes writes without asking.");
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    lines.close();
  }
}
