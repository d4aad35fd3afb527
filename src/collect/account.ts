import { createHash } from "node:crypto";
import type { Credential } from "../catalogue/connections.ts";
import type { VendorDefinition } from "../vendors/vendor.ts";

/** An account with a vendor, as it is opened. */
export interface Account {
  readonly vendor: VendorDefinition;
  readonly baseUrl: string;
  readonly credential: Credential;
}

/** Tells accounts apart without repeating what their credentials hold: the same credential at the same address is one account. */
export type AccountKey = string;

export function accountKey({ vendor, baseUrl, credential }: Account): AccountKey {
  const fields = Object.entries(credential).sort(([a], [b]) => (a < b ? -1 : 1));
  const place = baseUrl.replace(/\/+$/, "");
  return createHash("sha256")
    .update(JSON.stringify([vendor.id, place, fields]))
    .digest("hex");
}
