import type { Series } from "../api/types.gen.ts";
import type { TimeRange } from "../chart/range.ts";
import { instantMs, wallMs } from "../chart/zone.ts";
import type { Ask } from "./load-picture.ts";

/** What a table says of one metric in one step. */
export interface Cell {
  readonly mean: number;
  /** Share of the step that readings cover, 0 to 1. */
  readonly coverage: number;
}

export interface SummaryRow {
  readonly startMs: number;
  /** By `metricIds`; null where nothing was measured. */
  readonly cells: readonly (Cell | null)[];
}

/** The same values as the chart's, for a table. */
export interface Summary {
  readonly range: TimeRange;
  /** ISO 8601 duration. */
  readonly step: string;
  readonly metricIds: readonly string[];
  readonly rows: readonly SummaryRow[];
  /** Of each metric the share of the range, up to now, that readings cover, 0 to 1. */
  readonly coverages: readonly number[];
}

const DAY_MS = 86_400_000;
/** Lines of a table of less than two days. */
const ROWS = 24;

/** Steps that a person would divide a range into. */
export function summaryStep({ fromMs, toMs }: TimeRange): string {
  const days = (toMs - fromMs) / DAY_MS;
  if (days <= 2.1) return "auto";
  if (days <= 62) return "P1D";
  return days <= 5 * 366 ? "P1M" : "P1Y";
}

/** Asks for the table of a range. @param nowMs what lies after it cannot be covered yet */
export async function loadSummary(
  ask: Ask,
  metricIds: readonly string[],
  range: TimeRange,
  timezone: string,
  nowMs: number,
): Promise<Summary> {
  const [weighted, plain] = await Promise.all([
    ask<Series>(summaryPath("time_weighted_mean", metricIds, range, timezone)),
    ask<Series>(summaryPath("mean", metricIds, range, timezone)),
  ]);
  return summarise(weighted, plain, range, timezone, nowMs);
}

function summaryPath(
  aggregate: "time_weighted_mean" | "mean",
  metricIds: readonly string[],
  range: TimeRange,
  timezone: string,
): string {
  const query = new URLSearchParams({
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    step: summaryStep(range),
    agg: aggregate,
    ...(aggregate === "time_weighted_mean" && { coverage: "points" }),
    maxPoints: String(ROWS),
    timezone,
  });
  return `/api/v1/series?${query}&metricIds=${metricIds.join(",")}`;
}

/**
 * @param weighted means over the time that is covered, with coverage
 * @param plain means of the readings, for those that come too seldom to cover any time
 */
export function summarise(weighted: Series, plain: Series, range: TimeRange, timezone: string, nowMs: number): Summary {
  const { series, step } = weighted;
  const rows = new Map<number, (Cell | null)[]>();
  const put = (startMs: number, place: number, cell: Cell): void => {
    const cells = rows.get(startMs) ?? series.map(() => null);
    cells[place] = cell;
    rows.set(startMs, cells);
  };
  plain.series.forEach(({ points }, place) => {
    for (const [startMs, mean] of points) put(startMs, place, { mean, coverage: 0 });
  });
  const passedMs = Math.min(range.toMs, Math.max(nowMs, range.fromMs)) - range.fromMs;
  const coverages = series.map(({ points, pointCoverage }, place) => {
    let coveredMs = 0;
    points.forEach(([startMs, mean], row) => {
      const coverage = pointCoverage?.[row] ?? 0;
      put(startMs, place, { mean, coverage });
      const endMs = Math.min(stepEndMs(startMs, step, timezone), range.toMs);
      coveredMs += coverage * Math.max(0, endMs - Math.max(startMs, range.fromMs));
    });
    return passedMs > 0 ? Math.min(1, coveredMs / passedMs) : 0;
  });
  return {
    range,
    step,
    metricIds: series.map(({ metricId }) => metricId),
    rows: [...rows].sort(([a], [b]) => a - b).map(([startMs, cells]) => ({ startMs, cells })),
    coverages,
  };
}

const CLOCK_STEP = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/;

/** Where a step that begins at some time ends, epoch ms. */
function stepEndMs(startMs: number, step: string, timezone: string): number {
  const clock = CLOCK_STEP.exec(step);
  if (clock) {
    const [hours, minutes, seconds] = clock.slice(1).map((part) => Number(part ?? 0));
    return startMs + ((hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1_000;
  }
  const start = new Date(wallMs(startMs, timezone));
  const [year, month, day] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
  if (step === "P1M") return instantMs(Date.UTC(year, month + 1, 1), timezone);
  if (step === "P1Y") return instantMs(Date.UTC(year + 1, 0, 1), timezone);
  return instantMs(Date.UTC(year, month, day + 1), timezone);
}
