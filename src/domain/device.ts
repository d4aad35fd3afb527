export const DEVICE_KINDS = [
  "inverter",
  "battery",
  "pv_array",
  "wind_turbine",
  "meter",
  "ems",
  "bms",
  "pcs",
  "sensor",
  "other",
] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];

export const DEVICE_STATUSES = ["online", "offline", "unknown"] as const;
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** A device that has missed this many polls has an unknown status, and its values are no longer live. */
const POLLS_UNTIL_STALE = 3;
const STALE_AFTER_MS_LEAST = 180_000;

/** Age from which a value is not shown as live, ms; `freshnessMs` is the time between two polls, null for a device that pushes. */
export function staleAfterMs(freshnessMs: number | null): number {
  return Math.max(STALE_AFTER_MS_LEAST, POLLS_UNTIL_STALE * (freshnessMs ?? 0));
}

/** Whether a value of that time is not live: too old, or so far ahead that a clock must have been set back since. */
export function isStale(timeMs: number, nowMs: number, staleMs: number): boolean {
  return Math.abs(nowMs - timeMs) > staleMs;
}

/** A device's status from the latest reading of its `online` metric: what is stale is unknown. */
export function statusOf(
  online: { readonly value: number; readonly timeMs: number } | undefined,
  nowMs: number,
  staleMs: number,
): DeviceStatus {
  if (!online || isStale(online.timeMs, nowMs, staleMs)) return "unknown";
  return online.value === 0 ? "offline" : "online";
}

/** A unit that a device once was, before it was swapped for another. */
export interface FormerUnit {
  readonly serialNumber: string;
  readonly manufacturer: string | null;
  readonly model: string | null;
  /** Epoch ms until which the serial number was the device's. */
  readonly untilMs: number;
}

export interface Device {
  readonly id: string;
  readonly siteId: string;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly serialNumber: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly ratedPowerW: number | null;
  /** The vendor account that reads it; null for a device that pushes. */
  readonly connectionId: string | null;
  readonly createdAtMs: number;
}
