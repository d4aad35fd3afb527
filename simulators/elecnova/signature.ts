import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** How far a timestamp may lie from the vendor's clock. The vendor's document names no figure: this one is the simulator's. */
export const TIMESTAMP_AWAY_MAX_MS = 300_000;

export interface SignatureFault {
  /** `clock`: rightly signed, by a clock too far from the vendor's. */
  readonly kind: "signature" | "clock";
  readonly detail: string;
}

interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** What is wrong with the signing headers of a request for a path (no query); null when nothing is. Never holds what was sent. */
export function signatureFault(
  path: string,
  headers: IncomingHttpHeaders,
  { clientId, clientSecret }: Client,
  nowMs: number,
): SignatureFault | null {
  const { "x-access-id": accessId, "x-timestamp": timestamp, "x-signature": signature } = headers;
  const fault = (detail: string): SignatureFault => ({ kind: "signature", detail });
  if (accessId !== clientId) return fault(accessId === undefined ? "X-Access-ID is missing" : "unknown X-Access-ID");
  if (typeof timestamp !== "string" || !/^\d{1,16}$/.test(timestamp)) {
    return fault("X-Timestamp is missing or not in ms");
  }
  if (typeof signature !== "string") return fault("X-Signature is missing");
  const hex = createHmac("sha256", clientSecret).update(path, "utf8").update(timestamp, "utf8").digest("hex");
  if (signature !== Buffer.from(hex, "ascii").toString("base64")) return fault("X-Signature does not match");
  const awayMs = Number(timestamp) - nowMs;
  if (Math.abs(awayMs) <= TIMESTAMP_AWAY_MAX_MS) return null;
  return { kind: "clock", detail: `X-Timestamp is ${Math.round(awayMs / 1_000)} s away from the vendor's clock` };
}
