import type { VendorDefinition } from "../vendors/vendor.ts";
import { planSchedule } from "./plan/schedule.ts";

/** How old a value grows before the next poll brings a newer one, ms: the interval, or the vendor's limit or own interval where that takes longer. */
export function freshnessMsOf(
  devices: readonly string[],
  pollIntervalMs: number,
  { limits, device }: Pick<VendorDefinition, "limits" | "device">,
): number {
  return planSchedule({ devices, limits, pollIntervalMs, valuesEveryMs: device?.valuesEveryMs ?? 0 }).freshnessMs;
}
