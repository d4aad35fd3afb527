import { createHmac, randomBytes } from "node:crypto";

/**
 * What a vendor counts by: connections with the same credential at the same address share one budget. Keyed with a secret of this
 * installation, so that nobody who reads the catalogue can try credentials against it.
 */
export function accountKey(
  secret: string,
  account: { readonly vendor: string; readonly baseUrl: string; readonly credential: Readonly<Record<string, string>> },
): string {
  const { vendor, baseUrl, credential } = account;
  const fields = Object.entries(credential).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { origin } = new URL(baseUrl);
  return createHmac("sha256", secret)
    .update(JSON.stringify([vendor, origin, fields]))
    .digest("hex");
}

export async function newAccountSecret(): Promise<string> {
  return randomBytes(32).toString("base64url");
}
