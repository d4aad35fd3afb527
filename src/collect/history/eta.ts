import type { Budget, VendorLimits } from "../../vendors/vendor.ts";

/** Of a vendor's budget that is taken to be left for the past, however busy the present is: so an estimate is never without end. */
export const PAST_SHARE_MIN = 0.02;

/**
 * How long requests take at a vendor's limits, ms.
 *
 * @param requests 0 or more
 * @param share of every budget that is for them, above 0 and up to 1
 */
export function etaMs(requests: number, budgets: readonly Budget[], share: number): number {
  return Math.max(0, ...budgets.map((budget) => (requests * budget.perMs) / (budget.requests * share)));
}

/**
 * The share of a vendor's budgets that the values of now leave over, `PAST_SHARE_MIN` to 1.
 *
 * @param devices that are polled
 */
export function shareLeft(limits: VendorLimits, devices: number, pollIntervalMs: number): number {
  const requests = Math.ceil(devices / limits.devicesPerBatch) * limits.requestsPerBatch;
  const takenShares = limits.budgets.map((budget) => (requests / pollIntervalMs) * (budget.perMs / budget.requests));
  return Math.max(PAST_SHARE_MIN, 1 - Math.max(0, ...takenShares));
}
