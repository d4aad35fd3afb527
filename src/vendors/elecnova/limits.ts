import type { VendorLimits } from "../vendor.ts";
import { TOKEN_LIFETIME_MS, TOKEN_REFRESH_EARLY_MS } from "./auth.ts";

/** Interface document v1.3.1: 100 requests a second. A cabinet's latest values take two, its state and its PV power. */
export const LIMITS: VendorLimits = {
  budgets: [{ requests: 100, perMs: 1000 }],
  devicesPerBatch: 1,
  requestsPerBatch: 2,
  upkeep: [{ requests: 1, perMs: TOKEN_LIFETIME_MS - TOKEN_REFRESH_EARLY_MS }],
};
