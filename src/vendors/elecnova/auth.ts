import { createHmac } from "node:crypto";
import type { SignedAttempt } from "../../transport/caller.ts";
import { LOGIN_PATH, type Login } from "./wire.ts";

/** `live`: as the vendor's cloud was seen to behave. `documented`: as interface document v1.3.1 has it. */
export const API_PROFILES = ["live", "documented"] as const;
export type ApiProfile = (typeof API_PROFILES)[number];

/** How long a token holds, and how long before its end it is renewed; interface document v1.3.1. */
export const TOKEN_LIFETIME_MS = 86_400_000;
export const TOKEN_REFRESH_EARLY_MS = 300_000;

/**
 * HMAC-SHA256 of path and timestamp under the client secret: the digest as lower-case hex text, and that text Base64-encoded.
 *
 * @param path the request's path as it is sent, escapes and the base URL's own path included, without the query
 * @param timestampMs the `X-Timestamp` header
 */
export function signature(path: string, clientSecret: string, timestampMs: number): string {
  const hex = createHmac("sha256", clientSecret).update(`${path}${timestampMs}`).digest("hex");
  return Buffer.from(hex).toString("base64");
}

/** Signs attempts: the login always, and business calls where the profile wants it. */
export function signer(
  clientId: string,
  clientSecret: string,
  profile: ApiProfile,
): (attempt: SignedAttempt) => Record<string, string> {
  return ({ target, nowMs }) => {
    const [path = target] = target.split("?", 1);
    // A serial number cannot make a path end so: what stands in a path is escaped, the slash too.
    if (profile === "documented" && !path.endsWith(LOGIN_PATH)) return {};
    return {
      "x-access-id": clientId,
      "x-timestamp": String(nowMs),
      "x-signature": signature(path, clientSecret, nowMs),
    };
  };
}

/** How a business call shows its token. */
export function tokenHeaders({ token }: Login, profile: ApiProfile): Record<string, string> {
  return profile === "live" ? { authorization: token, "x-language-type": "en" } : { authorization: `Bearer ${token}` };
}
