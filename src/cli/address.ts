import { BadUse } from "./exit-codes.ts";

/** An address as a flag gives it. @throws BadUse */
export function checkedAddress(text: string, { flag, example, protocols = ["http:", "https:"] }: AddressRules): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !protocols.includes(url.protocol)) throw new BadUse(`${flag} must be an address such as ${example}.`);
  // Never repeated in the message: it may hold a password.
  if (url.username || url.password) throw new BadUse(`${flag} must hold no user name and no password.`);
  if (url.search || url.hash) throw new BadUse(`${flag} must end with its path: no ? and no #.`);
  return text;
}

export interface AddressRules {
  readonly flag: string;
  readonly example: string;
  /** With the colon; http and https unless said. */
  readonly protocols?: readonly string[];
}
