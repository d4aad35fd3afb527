import type { VendorDefinition } from "../vendors/vendor.ts";

/** How old a value grows before the next poll brings a newer one, ms: the interval, or the vendor's limit or own interval where that takes longer. */
export function freshnessMsOf(
  devices: number,
  pollIntervalMs: number,
  { limits, device }: Pick<VendorDefinition, "limits" | "device">,
): number {
  const requests = Math.ceil(devices / limits.devicesPerBatch) * limits.requestsPerBatch;
  const sweepsMs = limits.budgets.map((budget) => (requests * budget.perMs) / budget.requests);
  return Math.max(pollIntervalMs, device?.valuesEveryMs ?? 0, ...sweepsMs);
}
