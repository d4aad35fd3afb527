import type { Place } from "../domain/daylight.ts";
import type { DeviceKind } from "../domain/device.ts";
import type { MetricKind, MetricTemplate } from "../domain/metric.ts";
import type { JudgedDevice, JudgedMetric, JudgedSite } from "../domain/quality.ts";
import { wattsPer } from "../domain/units.ts";

/** What the rules know of a series beside its readings. */
export interface SeriesFacts {
  readonly name: string;
  readonly unit: string;
  readonly kind: MetricKind;
  /** Power that is measured, not one that is set, foreseen or allowed. */
  readonly isMeasuredPower: boolean;
  /** Measured power that the sun, the wind or people make; a battery's is held by whoever commands it. */
  readonly movesByNature: boolean;
  /** Measured power that only the sun gives: of an inverter or array without a battery. */
  readonly isSolarPower: boolean;
  /** Whether the device sleeps at night, or may. */
  readonly sleepsAtNight: boolean;
  /** In the metric's own unit; null where it is not known, or where the unit is no power. */
  readonly ratedPower: number | null;
  readonly pollIntervalMs: number | null;
  readonly place: Place | null;
}

const FORESEEN = /(^|_)(forecast|predicted|prediction|schedule|scheduled|plan|planned)(_|$)/i;
const SET = /(^|_)(limit|setpoint|set|rated|nominal|target|capacity|available|max|min|peak)(_|$)/i;
const COMMANDED: ReadonlySet<DeviceKind> = new Set(["battery", "bms", "pcs", "ems"]);
const OF_PERIOD = /_(hour|day|week|month|year)$/i;
const STATE_OF_CHARGE = /state_of_charge|^soc$/i;

/** Whether times of this metric may lie ahead by right. */
export function isForeseen(name: string): boolean {
  return FORESEEN.test(name);
}

/** Whether readings come one after another in time: a state may be told when it changes, and a period has the time of its beginning. */
export function isRegular({ name, kind }: Pick<SeriesFacts, "name" | "kind">): boolean {
  return kind !== "state" && !OF_PERIOD.test(name) && !isForeseen(name);
}

function isPower({ name, unit, kind }: MetricTemplate): boolean {
  return wattsPer(unit) !== null && kind === "gauge" && !SET.test(name) && !isForeseen(name);
}

export function factsOf(site: Pick<JudgedSite, "place">, device: JudgedDevice, metric: JudgedMetric): SeriesFacts {
  const watts = wattsPer(metric.unit);
  const isMeasuredPower = isPower(metric);
  const hasBattery = device.metrics.some(({ name }) => STATE_OF_CHARGE.test(name));
  const isSolar = (device.kind === "inverter" || device.kind === "pv_array") && !hasBattery;
  // Of what brought itself nobody has said that it is an inverter.
  const maybeSolar = device.kind === "other" && !hasBattery && device.metrics.some(isPower);
  return {
    name: metric.name,
    unit: metric.unit,
    kind: metric.kind,
    isMeasuredPower,
    movesByNature: isMeasuredPower && !COMMANDED.has(device.kind),
    isSolarPower: isMeasuredPower && (isSolar || metric.name.startsWith("pv_")),
    sleepsAtNight: isSolar || maybeSolar,
    ratedPower: watts === null || device.ratedPowerW === null ? null : device.ratedPowerW / watts,
    pollIntervalMs: device.pollIntervalMs,
    place: site.place,
  };
}
