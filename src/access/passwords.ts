import { hash, verify } from "@node-rs/argon2";

/** Argon2id with 19 MiB and two passes (OWASP's password storage cheat sheet, first choice for Argon2id). */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Longest password that is looked at; past it a caller could make hashing slow. */
export const PASSWORD_CHARS_MAX = 1_000;

let decoy: Promise<string> | undefined;

export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/** Whether the password fits; with no hash to compare to (an unknown user) it takes as long, and is false. */
export async function passwordFits(password: string, passwordHash: string | undefined): Promise<boolean> {
  decoy ??= hashPassword("nobody has this password");
  // Waited for in either case: the first sign-in after a start takes as long for whomever it is.
  const decoyHash = await decoy;
  const fits = await verify(passwordHash ?? decoyHash, password);
  return fits && passwordHash !== undefined;
}
