import { leastSpanMs } from "../transport/budget.ts";
import { batchesOf } from "./sweep.ts";
import type { VendorLimits } from "./vendor.ts";

/** What reading every device once takes at a vendor's limits, with a network that takes no time. */
export interface SweepPlan {
  readonly requests: number;
  /** From the first request to the last, ms. */
  readonly spanMs: number;
  /** The least time between two readings of one device when the sweep is repeated without a pause, ms. */
  readonly freshnessMs: number;
}

/** @param sweep the devices by the vendor's ids, or how many there are where any of them may share a batch */
export function planSweep(sweep: {
  readonly devices: number | readonly string[];
  readonly limits: VendorLimits;
}): SweepPlan {
  const { budgets, devicesPerBatch, requestsPerBatch } = sweep.limits;
  const batches =
    typeof sweep.devices === "number"
      ? Math.ceil(sweep.devices / devicesPerBatch)
      : [...batchesOf(sweep.devices, sweep.limits)].length;
  const requests = batches * requestsPerBatch;
  return {
    requests,
    spanMs: leastSpanMs(requests, budgets),
    freshnessMs: Math.max(0, ...budgets.map((budget) => (requests * budget.perMs) / budget.requests)),
  };
}
