import type { Device, Latest } from "#lib/api/types.gen.ts";

/** The newest value of one metric, as it arrived. */
export interface Arrival {
  readonly metricId: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly timeMs: number;
  readonly receivedMs: number;
}

/** Rows of the list: enough to find the reading that was just sent. */
export const ARRIVALS_MAX = 10;

type LatestOfMetric = Latest & { readonly metricId: string; readonly deviceId: string; readonly name: string };

/** The values that arrived last, the newest arrival first; their devices' names come later. */
export function newestArrivals(latest: readonly LatestOfMetric[]): readonly LatestOfMetric[] {
  return latest
    .toSorted((a, b) => b.receivedAt.localeCompare(a.receivedAt) || a.metricId.localeCompare(b.metricId))
    .slice(0, ARRIVALS_MAX);
}

export function arrivalOf(latest: LatestOfMetric, device: Pick<Device, "name"> | undefined): Arrival {
  return {
    metricId: latest.metricId,
    deviceId: latest.deviceId,
    deviceName: device?.name ?? latest.deviceId,
    metric: latest.name,
    value: latest.value,
    unit: latest.unit,
    timeMs: Date.parse(latest.time),
    receivedMs: Date.parse(latest.receivedAt),
  };
}
