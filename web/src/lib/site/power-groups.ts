import type { Device, Metric } from "../api/types.gen.ts";

/** Kinds of power of a site, in the order in which they are stacked and listed. */
export const POWER_GROUPS = ["pv", "wind", "battery", "meter", "other"] as const;
export type PowerGroup = (typeof POWER_GROUPS)[number];

/** A metric that counts into the power of a site. */
export interface PowerMetric {
  readonly group: PowerGroup;
  readonly deviceId: string;
  readonly metricId: string;
  /** How many W one of the metric's unit are. */
  readonly unitW: number;
}

const UNITS_W: Readonly<Record<string, number>> = { W: 1, kW: 1e3, MW: 1e6 };

/** What a device of each kind feeds. Where none is said, others of its plant report the same power, and counting it too would double it. */
const GROUP_OF_KIND: Readonly<Record<Device["kind"], PowerGroup | null>> = {
  inverter: "pv",
  pv_array: "pv",
  wind_turbine: "wind",
  battery: "battery",
  meter: "meter",
  sensor: "other",
  other: "other",
  ems: null,
  bms: null,
  pcs: null,
};

/** The parts of a plant that may speak for it where what they are parts of does not, the likeliest first. */
const STAND_INS = [
  { kind: "pcs", group: "battery" },
  { kind: "bms", group: "battery" },
  { kind: "ems", group: "other" },
] as const;

/** The metrics of which a site's power is the sum, no power twice. */
export function powerMetrics(devices: readonly Device[]): PowerMetric[] {
  const counted = devices.flatMap((device) => [...ownPower(device), ...pvBeside(device)]);
  for (const { kind, group } of STAND_INS) {
    const isSpokenFor = group === "other" ? counted.length > 0 : counted.some((metric) => metric.group === group);
    if (isSpokenFor) continue;
    for (const device of devices) if (device.kind === kind) counted.push(...powerNamed(device, "active_power", group));
  }
  return counted;
}

/** The power of a device as it is shown beside its name: what it feeds, or else its PV. */
export function shownPower(device: Device): { readonly metric: Metric; readonly unitW: number } | null {
  const metric = findPower(device, "active_power") ?? findPower(device, "pv_active_power");
  return metric ? { metric, unitW: UNITS_W[metric.unit] ?? 1 } : null;
}

function ownPower(device: Device): PowerMetric[] {
  const group = GROUP_OF_KIND[device.kind];
  return group === null ? [] : powerNamed(device, "active_power", group);
}

/** PV that a device reports beside its own power. What an inverter feeds is its PV. */
function pvBeside(device: Device): PowerMetric[] {
  const isItsOwn = GROUP_OF_KIND[device.kind] === "pv" && findPower(device, "active_power") !== undefined;
  return isItsOwn ? [] : powerNamed(device, "pv_active_power", "pv");
}

function powerNamed(device: Device, name: string, group: PowerGroup): PowerMetric[] {
  const metric = findPower(device, name);
  if (!metric) return [];
  return [{ group, deviceId: device.id, metricId: metric.id, unitW: UNITS_W[metric.unit] ?? 1 }];
}

function findPower(device: Device, name: string): Metric | undefined {
  return device.metrics.find((metric) => metric.name === name && metric.unit in UNITS_W);
}
