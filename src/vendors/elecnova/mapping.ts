import type { DeviceKind } from "../../domain/device.ts";
import {
  ACTIVE_POWER,
  ALARM,
  CHARGED_ENERGY,
  CURRENT,
  DISCHARGED_ENERGY,
  ENERGY_SINCE_MIDNIGHT,
  FREQUENCY,
  type MetricTemplate,
  PV_ACTIVE_POWER,
  PV_ENERGY_DAY,
  PV_ENERGY_MONTH,
  REACTIVE_POWER,
  RELATIVE_HUMIDITY,
  RUNNING,
  STATE_OF_CHARGE,
  STATE_OF_HEALTH,
  TEMPERATURE,
  VOLTAGE,
} from "../../domain/metric.ts";

/*
 * Elecnova's words in the platform's. `exponent` is the power of ten from the vendor's unit to the metric's.
 */

/** Component codes; interface document v1.3.1. */
export const COMPONENT_KINDS = {
  "ess.ems": "ems",
  "ess.bms": "bms",
  "ess.pcs": "pcs",
  "pv.inv": "inverter",
  "ess.meter": "meter",
  "ess.battery": "battery",
  /** Fire host. */
  "ess.fire": "sensor",
  /** Air conditioning. */
  "ess.ac": "other",
} as const satisfies Readonly<Record<string, DeviceKind>>;
export type ComponentCode = keyof typeof COMPONENT_KINDS;

export interface PointMapping {
  readonly metric: MetricTemplate;
  readonly exponent: number;
}

const same = (metric: MetricTemplate): PointMapping => ({ metric, exponent: 0 });
const kilo = (metric: MetricTemplate): PointMapping => ({ metric, exponent: 3 });

/** Series over HTTP; interface document v1.3.1. */
export const SERIES = {
  /** Every 5 minutes, W. */
  pvPower: same(PV_ACTIVE_POWER),
  /** A day, kWh. */
  day: kilo(PV_ENERGY_DAY),
  /** A month, kWh. */
  month: kilo(PV_ENERGY_MONTH),
} as const;

/**
 * Points of live messages, whose names and units no document gives: names as they are usual, with power in kW and energy in kWh.
 * Whoever has a cabinet that says otherwise gives a decoder of his own (`decodeWith`).
 */
export const POINTS: Readonly<Record<string, PointMapping>> = {
  soc: same(STATE_OF_CHARGE), //               %
  soh: same(STATE_OF_HEALTH), //               %
  voltage: same(VOLTAGE), //                   V
  current: same(CURRENT), //                   A
  power: kilo(ACTIVE_POWER), //                kW
  reactivePower: kilo(REACTIVE_POWER), //      kvar
  frequency: same(FREQUENCY), //               Hz
  temperature: same(TEMPERATURE), //           °C
  humidity: same(RELATIVE_HUMIDITY), //        %
  chargeEnergy: kilo(CHARGED_ENERGY), //       kWh since it was put to work
  dischargeEnergy: kilo(DISCHARGED_ENERGY), // kWh since it was put to work
  dailyEnergy: kilo(ENERGY_SINCE_MIDNIGHT), // kWh
  running: same(RUNNING), //                   0 or 1
  alarm: same(ALARM), //                       0 or 1
};

/** A number in the metric's unit, scaled as text: 0.29 · 1000 would be 290.00000000000006. Null when it is not finite. */
export function scaled(value: number, exponent: number): number | null {
  if (!Number.isFinite(value)) return null;
  const [digits = "", own = "0"] = String(value).split("e");
  const result = Number(`${digits}e${Number(own) + exponent}`);
  if (!Number.isFinite(result)) return null;
  return result === 0 ? 0 : result;
}
