import { createHash } from "node:crypto";
import type { SignedAttempt } from "../../transport/caller.ts";

/**
 * Lower-case hex MD5 of the request target as sent, the token and the `Timestamp` header.
 * Source: the vendor's contract; MD5 is the vendor's choice.
 */
export function signature(target: string, token: string, timestampMs: number): string {
  return createHash("md5").update(`${target}${token}${timestampMs}`).digest("hex");
}

/** Signs attempts for one token. */
export function signer(token: string): (attempt: SignedAttempt) => Record<string, string> {
  return ({ target, nowMs }) => ({
    authorization: token,
    timestamp: String(nowMs),
    signature: signature(target, token, nowMs),
  });
}
