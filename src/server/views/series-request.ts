import type { Across, StepAggregate, TimeWindow } from "../../telemetry/store.ts";

/** Aggregates of the API; `m4` picks readings for a chart rather than steps. */
export type SeriesAggregate = StepAggregate | "m4";

export interface SeriesRequest extends TimeWindow {
  /** `auto`, `raw`, an ISO 8601 duration of a fixed length, or P1D, P1W, P1M, P1Y. */
  readonly step: string;
  readonly aggregate: SeriesAggregate;
  /** Most points of a metric: steps that `auto` makes, rows of a `raw` page, readings of `m4`. */
  readonly maxPoints: number;
  readonly cursor?: string | undefined;
  /** Whether each point comes with its coverage. */
  readonly pointCoverage: boolean;
}

/** Which metrics: named ones, or those of a name in a site. */
export interface MetricSelection {
  readonly metricIds?: readonly string[] | undefined;
  readonly siteId?: string | undefined;
  readonly name?: string | undefined;
  /** Whose steps of a calendar; the metrics' own sites' unless told. */
  readonly timezone?: string | undefined;
  /** The sites that the asker may read; null for all. */
  readonly siteIds: ReadonlySet<string> | null;
}

export interface AcrossRequest extends SeriesRequest {
  readonly across: Across;
}

/** Metrics that one request may name. */
export const SERIES_METRICS_MAX = 1_000;
/** Points of all metrics of one answer. */
export const POINTS_TOTAL_MAX = 200_000;
export const POINTS_DEFAULT = 500;
