import { confirmed } from "../confirm.ts";
import { CommandFailed } from "../exit-codes.ts";
import { say } from "../terminal.ts";

export interface DeletionFlags {
  readonly yes?: boolean;
}

/** Says what will be lost, and asks unless `--yes` has answered. @throws BadUse where there is nobody to ask, CommandFailed when the answer is no */
export async function agreeToDelete(lost: string, { yes }: DeletionFlags, signal: AbortSignal): Promise<void> {
  say(`This deletes ${lost}.`);
  if (yes) return;
  const unasked = "Nothing was deleted: there is nobody to ask, and --yes deletes without asking.";
  if (!(await confirmed({ question: "Delete it?", unasked }, signal))) throw new CommandFailed("Nothing was deleted.");
}
