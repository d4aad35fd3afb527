import type { LatestReading, ReadingColumns } from "../domain/reading.ts";
import type { StepAggregate, StepsQuery, TimeWindow } from "./store.ts";

/** Series, time (epoch ms), value, quality. */
export type ReadingRow = readonly [series: number, timeMs: number, value: number, quality: number];

/** What a store holds, said as simply as can be: the oracle of the contract. */
export interface StoreModel {
  append(batch: readonly ReadingRow[], receivedAtMs: number): void;
  /** In the order of time and series. */
  rows(series: readonly number[]): ReadingRow[];
  latest(series: number): LatestReading | undefined;
}

export function modelOf(): StoreModel {
  const held = new Map<string, ReadingRow>();
  const latest = new Map<number, LatestReading>();
  return {
    append(batch, receivedAtMs) {
      for (const row of batch) {
        const [series, timeMs, value, quality] = row;
        held.set(`${series} ${timeMs}`, row);
        if (timeMs >= (latest.get(series)?.timeMs ?? 0)) latest.set(series, { timeMs, value, quality, receivedAtMs });
      }
    },
    rows: (series) =>
      [...held.values()].filter(([each]) => series.includes(each)).sort((a, b) => a[1] - b[1] || a[0] - b[0]),
    latest: (series) => latest.get(series),
  };
}

export interface ModelStep {
  readonly series: number;
  readonly startMs: number;
  readonly value: number;
  readonly count: number;
  readonly coverage: number;
  /** The same with the absolute values of what was added up, which a difference is measured by; 0 where nothing is added. */
  readonly magnitude: number;
}

const HOUR_MS = 3_600_000;

/** Steps as said in `store.ts`, one step and one pair of neighbours after the other. @param rows all there are, in the order of time */
export function stepsFrom(rows: readonly ReadingRow[], query: StepsQuery): ModelStep[] {
  const series = [...new Set(query.series)].sort((a, b) => a - b);
  return series.flatMap((each) => {
    const own = rows.filter(([of]) => of === each);
    return stepsOf(query, own).flatMap((step) => stepFrom(each, own, step, query) ?? []);
  });
}

/** The steps that could have a value. */
function stepsOf(query: StepsQuery, rows: readonly ReadingRow[]): TimeWindow[] {
  if ("edgesMs" in query) {
    return query.edgesMs.slice(1).map((toMs, index) => ({ fromMs: query.edgesMs[index] ?? 0, toMs }));
  }
  const { stepMs, originMs = 0 } = query;
  const indexAt = (timeMs: number): number => Math.floor((timeMs - originMs) / stepMs);
  const touched = rows.flatMap(([, timeMs], row) => {
    const nextMs = rows[row + 1]?.[1] ?? timeMs;
    const untilMs = nextMs - timeMs <= HOUR_MS ? nextMs : timeMs;
    return Array.from({ length: indexAt(untilMs) - indexAt(timeMs) + 1 }, (_, more) => indexAt(timeMs) + more);
  });
  const indexes = [...new Set(touched)].sort((a, b) => a - b);
  return indexes.map((index) => ({ fromMs: index * stepMs + originMs, toMs: (index + 1) * stepMs + originMs }));
}

function stepFrom(
  series: number,
  rows: readonly ReadingRow[],
  step: TimeWindow,
  query: TimeWindow & { readonly aggregate: StepAggregate },
): ModelStep | null {
  const fromMs = Math.max(step.fromMs, query.fromMs);
  const toMs = Math.min(step.toMs, query.toMs);
  if (fromMs >= toMs) return null;
  const values = rows.filter(([, timeMs]) => timeMs >= fromMs && timeMs < toMs).map(([, , value]) => value);
  const line = lineIn(rows, fromMs, toMs);
  const value = aggregated(values, line, query.aggregate);
  if (value === null) return null;
  return {
    series,
    startMs: step.fromMs,
    value,
    count: values.length,
    coverage: line.coveredMs / (toMs - fromMs),
    magnitude: magnitudeOf(values, line, query.aggregate),
  };
}

function magnitudeOf(values: readonly number[], line: Line, aggregate: StepAggregate): number {
  const absolute = values.reduce((sum, each) => sum + Math.abs(each), 0);
  switch (aggregate) {
    case "sum":
      return absolute;
    case "mean":
      return absolute / values.length;
    case "integral":
      return line.absolute / HOUR_MS;
    case "time_weighted_mean":
      return line.absolute / line.coveredMs;
    case "min":
    case "max":
    case "first":
    case "last":
    case "count":
      return 0;
  }
}

interface Line {
  /** Value × ms. */
  area: number;
  coveredMs: number;
  /** The area that the absolute values would have, of the whole lines of which a part lies in the step. */
  absolute: number;
}

function lineIn(rows: readonly ReadingRow[], fromMs: number, toMs: number): Line {
  const line: Line = { area: 0, coveredMs: 0, absolute: 0 };
  for (const [row, [, timeMs, value]] of rows.entries()) {
    const next = rows[row + 1];
    if (!next || next[1] - timeMs > HOUR_MS) continue;
    const [beginMs, endMs] = [Math.max(timeMs, fromMs), Math.min(next[1], toMs)];
    if (beginMs >= endMs) continue;
    const at = (ms: number): number => value + ((next[2] - value) * (ms - timeMs)) / (next[1] - timeMs);
    line.area += ((at(beginMs) + at(endMs)) / 2) * (endMs - beginMs);
    line.absolute += (Math.abs(value) + Math.abs(next[2])) * (next[1] - timeMs);
    line.coveredMs += endMs - beginMs;
  }
  return line;
}

/** Null when the step has none. */
function aggregated(values: readonly number[], line: Line, aggregate: StepAggregate): number | null {
  if (aggregate === "integral") return line.coveredMs > 0 ? line.area / HOUR_MS : null;
  if (aggregate === "time_weighted_mean") return line.coveredMs > 0 ? line.area / line.coveredMs : null;
  if (values.length === 0) return null;
  const sum = values.reduce((total, value) => total + value, 0);
  switch (aggregate) {
    case "count":
      return values.length;
    case "sum":
      return sum;
    case "mean":
      return sum / values.length;
    case "min":
      return Math.min(...values);
    case "max":
      return Math.max(...values);
    case "first":
      return values[0] ?? Number.NaN;
    case "last":
      return values.at(-1) ?? Number.NaN;
  }
}

export function rowsOf(columns: ReadingColumns): ReadingRow[] {
  return Array.from({ length: columns.length }, (_, row) => [
    columns.series[row] ?? Number.NaN,
    columns.timesMs[row] ?? Number.NaN,
    columns.values[row] ?? Number.NaN,
    columns.qualities[row] ?? Number.NaN,
  ]);
}
