/** `gauge`: a value at a time. `counter`: a total that grows. `state`: one of a few numbered states. */
export const METRIC_KINDS = ["gauge", "counter", "state"] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

/** What a metric is, before it belongs to a device. */
export interface MetricTemplate {
  /** The platform's name, such as `active_power`; an open set. */
  readonly name: string;
  /** UCUM code. */
  readonly unit: string;
  readonly kind: MetricKind;
}

export interface Metric extends MetricTemplate {
  readonly id: string;
  readonly deviceId: string;
  /** The metric's number in the telemetry store: given once, never used again. */
  readonly series: number;
}

/** Power that a device feeds at this moment, W; negative while it draws. */
export const ACTIVE_POWER: MetricTemplate = { name: "active_power", unit: "W", kind: "gauge" };

/** Whether the vendor says that the device is connected: 1 online, 0 offline. A device's status is this metric's latest value. */
export const ONLINE: MetricTemplate = { name: "online", unit: "1", kind: "state" };

/** Share of a battery's present capacity that is charged, %. */
export const STATE_OF_CHARGE: MetricTemplate = { name: "state_of_charge", unit: "%", kind: "gauge" };

/** A battery's present capacity as a share of its first, %. */
export const STATE_OF_HEALTH: MetricTemplate = { name: "state_of_health", unit: "%", kind: "gauge" };

/** PV power, W: of a device that has more than PV, or as the mean of the interval that begins at the reading's time. */
export const PV_ACTIVE_POWER: MetricTemplate = { name: "pv_active_power", unit: "W", kind: "gauge" };

/** PV energy of the local day that begins at the reading's time, W.h; today's figure grows until the day ends. */
export const PV_ENERGY_DAY: MetricTemplate = { name: "pv_energy_day", unit: "W.h", kind: "gauge" };

/** PV energy of the local month that begins at the reading's time, W.h; this month's figure grows until the month ends. */
export const PV_ENERGY_MONTH: MetricTemplate = { name: "pv_energy_month", unit: "W.h", kind: "gauge" };

/** Energy since the device's local midnight, W.h. */
export const ENERGY_SINCE_MIDNIGHT: MetricTemplate = { name: "energy_since_midnight", unit: "W.h", kind: "gauge" };

/** Energy that went into a battery since it was put to work, W.h. */
export const CHARGED_ENERGY: MetricTemplate = { name: "charged_energy", unit: "W.h", kind: "counter" };

/** Energy that came out of a battery since it was put to work, W.h. */
export const DISCHARGED_ENERGY: MetricTemplate = { name: "discharged_energy", unit: "W.h", kind: "counter" };

/** Whether a device works: 1, or rests: 0. */
export const RUNNING: MetricTemplate = { name: "running", unit: "1", kind: "state" };

/** Whether a device raises an alarm: 1, or none: 0. */
export const ALARM: MetricTemplate = { name: "alarm", unit: "1", kind: "state" };

/** Reactive power, var: in UCUM, which has no such unit, a volt ampere with a note. */
export const REACTIVE_POWER: MetricTemplate = { name: "reactive_power", unit: "V.A{reactive}", kind: "gauge" };

/** Voltage, V. */
export const VOLTAGE: MetricTemplate = { name: "voltage", unit: "V", kind: "gauge" };

/** Current, A. */
export const CURRENT: MetricTemplate = { name: "current", unit: "A", kind: "gauge" };

/** Frequency of the grid, Hz. */
export const FREQUENCY: MetricTemplate = { name: "frequency", unit: "Hz", kind: "gauge" };

/** Temperature, degrees Celsius. */
export const TEMPERATURE: MetricTemplate = { name: "temperature", unit: "Cel", kind: "gauge" };

/** Relative humidity of the air, %. */
export const RELATIVE_HUMIDITY: MetricTemplate = { name: "relative_humidity", unit: "%", kind: "gauge" };
