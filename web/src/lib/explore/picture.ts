import type { Series } from "../api/types.gen.ts";
import { joinedWithinMs, type Measured } from "../chart/gaps.ts";
import type { TimeRange } from "../chart/range.ts";
import type { Aggregate } from "./view.ts";

/** A metric's line as it was loaded. */
export interface LoadedLine {
  readonly metricId: string;
  readonly unit: string;
  /** Ascending. Some may lie outside the range, so that the line goes on to its edges. */
  readonly points: readonly Measured[];
  /** Two points further apart have a gap between them, ms. */
  readonly joinedMs: number;
}

/** All that is drawn of one range. */
export interface Picture {
  readonly range: TimeRange;
  readonly lines: readonly LoadedLine[];
  /** The same a week before, with its times moved on to the range's; null when it is not compared. */
  readonly before: readonly LoadedLine[] | null;
}

/** What a series request needs beside its range. */
export interface Wanted {
  readonly metricIds: readonly string[];
  readonly aggregate: Aggregate;
  /** Columns of the drawing: no more detail is asked for than these show. */
  readonly columns: number;
}

/** First, smallest, largest and last reading of each column. */
const POINTS_PER_COLUMN = 4;
const COLUMNS_MIN = 20;
/** Points of all lines together: more would make neither the drawing nor the wait better. */
const POINTS_TOTAL = 24_000;

/** Columns that each of some metrics may have, in a drawing of a width. */
export function columnsFor(metrics: number, widthPx: number): number {
  const shareOfAll = Math.floor(POINTS_TOTAL / POINTS_PER_COLUMN / Math.max(metrics, 1));
  return Math.max(COLUMNS_MIN, Math.min(Math.floor(widthPx), shareOfAll));
}

const HOUR_MS = 3_600_000;
/** Of shorter ranges the readings around are asked for too: their first reading may come late, and still the line is there. */
const AROUND_BELOW_MS = 6 * HOUR_MS;
const AROUND_MS = HOUR_MS;
const AROUND_COLUMNS = 60;

/** The range and the time around it, when its neighbours are worth asking for; null for longer ones. */
export function aroundOf({ fromMs, toMs }: TimeRange): TimeRange | null {
  if (toMs - fromMs >= AROUND_BELOW_MS) return null;
  return { fromMs: Math.max(0, fromMs - AROUND_MS), toMs: toMs + AROUND_MS };
}

export function seriesPath({ metricIds, aggregate, columns }: Wanted, { fromMs, toMs }: TimeRange): string {
  const query = new URLSearchParams({
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    step: "auto",
    agg: aggregate,
    maxPoints: String(aggregate === "m4" ? columns * POINTS_PER_COLUMN : columns),
  });
  return `/api/v1/series?${query}&metricIds=${metricIds.join(",")}`;
}

export function aroundPath(wanted: Wanted, around: TimeRange): string {
  return seriesPath({ ...wanted, aggregate: "m4", columns: AROUND_COLUMNS }, around);
}

/** Longest time that a state is taken to hold without another reading: the API's own rule of what is covered. */
const heldMsOf = ({ gapRule }: Series): number => gapRule.maxGapS * 1_000;

/**
 * Lines of an answer, with what was found around it.
 * @param columnMs width of one column of the drawing
 * @param states ids of the metrics that hold a state until it changes
 */
export function linesOf(
  series: Series,
  around: Series | null,
  range: TimeRange,
  columnMs: number,
  states: ReadonlySet<string>,
): LoadedLine[] {
  const outside = new Map(around?.series.map(({ metricId, points }) => [metricId, points]));
  return series.series.map(({ metricId, unit, points }) => {
    const near = outside.get(metricId) ?? [];
    const whole = [
      ...near.filter(([timeMs]) => timeMs < range.fromMs),
      ...points,
      ...near.filter(([timeMs]) => timeMs >= range.toMs),
    ];
    const heldMs = states.has(metricId) ? heldMsOf(series) : 0;
    return { metricId, unit, points: whole, joinedMs: joinedWithinMs(whole, { columnMs, heldMs }) };
  });
}

/** The lines, each later by so much. */
export function movedBy(lines: readonly LoadedLine[], byMs: number): LoadedLine[] {
  return lines.map((line) => ({
    ...line,
    points: line.points.map(([timeMs, value]) => [timeMs + byMs, value] as const),
  }));
}
