import type { Device } from "../api/types.gen.ts";
import { isStale } from "../format/age.ts";
import { byCondition } from "./order.ts";
import { type PowerGroup, type PowerMetric, shownPower } from "./power-groups.ts";

type Quality = "good" | "uncertain" | "bad";

/** A value and its time, epoch ms. */
export interface Newest {
  readonly value: number;
  readonly timeMs: number;
  readonly quality: Quality;
}

export interface MetricRow {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly newest: Newest | null;
}

/** What the page shows of a device; as small as it can be, for many of them travel with the page. */
export interface DeviceRow {
  readonly id: string;
  readonly name: string;
  readonly serialNumber: string | null;
  readonly kind: Device["kind"];
  readonly status: Device["status"];
  readonly ratedPowerW: number | null;
  readonly staleAfterMs: number;
  readonly openEvents: number;
  readonly onlineMetricId: string | null;
  /** The metric that is shown as its power, and how many W one of its unit are. */
  readonly power: { readonly metricId: string; readonly unitW: number } | null;
  readonly metrics: readonly MetricRow[];
}

/** A power that counts into what the site gives now. */
export interface PowerRow {
  readonly group: PowerGroup;
  readonly metricId: string;
  readonly unitW: number;
  readonly newest: Newest | null;
  readonly status: Device["status"];
  readonly onlineMetricId: string | null;
  readonly staleAfterMs: number;
}

export function toDeviceRow(device: Device, openEvents: number): DeviceRow {
  const { id, name, kind, status, ratedPowerW, staleAfterMs, metrics } = device;
  const power = shownPower(device);
  return {
    id,
    name,
    // Shown only where it says more than the name.
    serialNumber: device.serialNumber === name ? null : device.serialNumber,
    kind,
    status,
    ratedPowerW,
    staleAfterMs,
    openEvents,
    onlineMetricId: onlineMetricId(device),
    power: power && { metricId: power.metric.id, unitW: power.unitW },
    metrics: metrics.map((metric) => ({
      id: metric.id,
      name: metric.name,
      unit: metric.unit,
      newest: newestOf(metric.latest),
    })),
  };
}

export function toPowerRow(metric: PowerMetric, device: Device): PowerRow {
  const { group, metricId, unitW } = metric;
  const latest = device.metrics.find(({ id }) => id === metricId)?.latest ?? null;
  const { status, staleAfterMs } = device;
  return {
    group,
    metricId,
    unitW,
    newest: newestOf(latest),
    status,
    staleAfterMs,
    onlineMetricId: onlineMetricId(device),
  };
}

/** Devices as they are listed: what needs a look first. */
export function worstFirst(
  devices: readonly Device[],
  openEvents: ReadonlyMap<string, number>,
  nowMs: number,
): Device[] {
  const conditions = devices.map((device) => {
    const power = shownPower(device);
    const latest = power?.metric.latest ?? null;
    const isFresh = latest !== null && !isStale(Date.parse(latest.time), nowMs, device.staleAfterMs);
    const shareOf = isFresh && power && device.ratedPowerW ? (latest.value * power.unitW) / device.ratedPowerW : null;
    return {
      device,
      name: device.name,
      // A device without a word on its status is there when its values are.
      status: device.status === "unknown" && isFresh ? ("online" as const) : device.status,
      openEvents: openEvents.get(device.id) ?? 0,
      share: shareOf,
    };
  });
  return conditions.sort(byCondition).map(({ device }) => device);
}

function newestOf(latest: Device["metrics"][number]["latest"]): Newest | null {
  return latest && { value: latest.value, timeMs: Date.parse(latest.time), quality: latest.quality };
}

function onlineMetricId(device: Device): string | null {
  return device.metrics.find(({ name }) => name === "online")?.id ?? null;
}
