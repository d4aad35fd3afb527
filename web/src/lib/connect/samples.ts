import type { ConnectionTest, ListedDevice } from "#lib/api/types.gen.ts";

/** Devices that are asked for a value: each costs the vendor's limit a request or more. */
export const SAMPLES_MAX = 4;

/** One device's answer. */
export interface SampledDevice {
  /** Null where the vendor gives none: it goes by its serial number. */
  readonly name: string | null;
  readonly test: ConnectionTest;
}

/** One collected device for each set of metrics: devices that bring the same say the same about units. */
export function worthAsking(devices: readonly ListedDevice[]): readonly ListedDevice[] {
  const byMetrics = new Map<string, ListedDevice>();
  for (const device of devices) {
    if (device.deviceId === null) continue;
    const key = JSON.stringify(device.metrics.map(({ name, unit }) => [name, unit]));
    if (!byMetrics.has(key)) byMetrics.set(key, device);
  }
  return [...byMetrics.values()].slice(0, SAMPLES_MAX);
}
