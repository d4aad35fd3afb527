import type { Series } from "../api/types.gen.ts";
import type { TimeRange } from "../chart/range.ts";
import { weekBeforeMs } from "../chart/zone.ts";
import {
  aroundOf,
  aroundPath,
  columnsFor,
  type LoadedLine,
  linesOf,
  movedBy,
  type Picture,
  seriesPath,
  type Wanted,
} from "./picture.ts";
import type { Aggregate } from "./view.ts";

/** A metric that is drawn, as far as its line needs it. */
export interface PickedLine {
  readonly id: string;
  readonly kind: "gauge" | "counter" | "state";
}

export interface PictureRequest {
  readonly metrics: readonly PickedLine[];
  readonly range: TimeRange;
  readonly aggregate: Aggregate;
  readonly compares: boolean;
  readonly timezone: string;
  readonly widthPx: number;
}

/** Asks the API; rejects for every answer but a good one. */
export type Ask = <T>(path: string) => Promise<T>;

/** Loads all that is drawn of a range, no finer than the drawing. */
export async function loadPicture(ask: Ask, request: PictureRequest): Promise<Picture> {
  const { metrics, range, aggregate, compares, timezone, widthPx } = request;
  if (metrics.length === 0) return { range, lines: [], before: compares ? [] : null };
  const columns = columnsFor(metrics.length * (compares ? 2 : 1), widthPx);
  const wanted: Wanted = { metricIds: metrics.map(({ id }) => id), aggregate, columns };
  const states = new Set(metrics.filter(({ kind }) => kind === "state").map(({ id }) => id));
  const shiftMs = range.fromMs - weekBeforeMs(range.fromMs, timezone);
  const [lines, before] = await Promise.all([
    loadLines(ask, wanted, range, states),
    compares
      ? loadLines(ask, wanted, { fromMs: Math.max(0, range.fromMs - shiftMs), toMs: range.toMs - shiftMs }, states)
      : null,
  ]);
  return { range, lines, before: before && movedBy(before, shiftMs) };
}

async function loadLines(
  ask: Ask,
  wanted: Wanted,
  range: TimeRange,
  states: ReadonlySet<string>,
): Promise<LoadedLine[]> {
  const around = aroundOf(range);
  const [series, outside] = await Promise.all([
    ask<Series>(seriesPath(wanted, range)),
    around ? ask<Series>(aroundPath(wanted, around)) : null,
  ]);
  return linesOf(series, outside, range, (range.toMs - range.fromMs) / wanted.columns, states);
}

/** Time of the oldest reading of some metrics, epoch ms; null when there is none. */
export async function loadFirstMs(ask: Ask, metricIds: readonly string[], nowMs: number): Promise<number | null> {
  if (metricIds.length === 0) return null;
  const wanted: Wanted = { metricIds, aggregate: "m4", columns: FIRST_COLUMNS };
  const { series } = await ask<Series>(seriesPath(wanted, { fromMs: 0, toMs: nowMs }));
  const firsts = series.flatMap(({ points }) => points[0]?.[0] ?? []);
  return firsts.length > 0 ? Math.min(...firsts) : null;
}

/** The fewest that the API takes: only the first reading is looked at. */
const FIRST_COLUMNS = 2;
