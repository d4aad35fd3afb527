import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What is wrong with a request's credentials; null when nothing is. Never holds what was sent. */
export function signatureFault(target: string, headers: IncomingHttpHeaders, token: string): string | null {
  const { authorization, signature, timestamp } = headers;
  if (authorization !== token) return authorization === undefined ? "Authorization is missing" : "unknown token";
  if (typeof timestamp !== "string" || !/^\d{1,16}$/.test(timestamp)) return "Timestamp is missing or not in ms";
  if (typeof signature !== "string") return "Signature is missing";
  const right = createHash("md5").update(target, "utf8").update(token, "utf8").update(timestamp, "utf8").digest("hex");
  return signature === right ? null : "Signature does not match";
}
