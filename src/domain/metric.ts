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
