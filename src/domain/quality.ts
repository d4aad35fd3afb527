import type { Place } from "./daylight.ts";
import type { DeviceKind } from "./device.ts";
import type { MetricTemplate } from "./metric.ts";

/** What may be wrong with readings; each is a rule of `src/quality/rules/`. */
export const QUALITY_RULES = [
  "missing",
  "stale",
  "flat_lined",
  "interpolated",
  "out_of_range",
  "counter_back",
  "counter_reset",
  "unit_factor",
  "clock_off",
  "below_siblings",
] as const;
export type QualityRule = (typeof QUALITY_RULES)[number];

/** What a rule saw, in numbers and words. Names carry units where the metric's own is not meant. */
export type Evidence = Readonly<Record<string, number | string>>;

/** A stretch of time in which a rule is broken. */
export interface Finding {
  readonly rule: QualityRule;
  readonly fromMs: number;
  /** Exclusive; null while it goes on. */
  readonly toMs: number | null;
  readonly evidence: Evidence;
}

/** A finding, and which of a device's metrics it is about; null for the device as a whole. */
export interface MetricFinding extends Finding {
  readonly metricId: string | null;
}

/** A finding that was written down. */
export interface QualityEvent extends MetricFinding {
  readonly id: string;
  readonly deviceId: string;
  /** When it was found first. */
  readonly foundAtMs: number;
}

/** What looking at a window of a device's readings has brought. */
export interface DeviceScan {
  readonly deviceId: string;
  readonly findings: readonly MetricFinding[];
  /** The rules that were asked, and of which metrics; null stands for the device as a whole. */
  readonly rules: ReadonlySet<QualityRule>;
  readonly metricIds: ReadonlySet<string | null>;
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** Whether `toMs` is now: then what was open and was not found again is over. */
  readonly isLive: boolean;
}

/** A site as the rules know it. */
export interface JudgedSite {
  readonly id: string;
  /** IANA name: whose days are compared. */
  readonly timezone: string;
  readonly place: Place | null;
  readonly devices: readonly JudgedDevice[];
}

export interface JudgedDevice {
  readonly id: string;
  readonly kind: DeviceKind;
  readonly ratedPowerW: number | null;
  /** The time between two polls; null for a device that pushes. */
  readonly pollIntervalMs: number | null;
  readonly metrics: readonly JudgedMetric[];
}

export interface JudgedMetric extends MetricTemplate {
  readonly id: string;
  readonly series: number;
}
