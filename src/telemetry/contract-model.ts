import type { LatestReading, ReadingColumns } from "../domain/reading.ts";
import type { StepAggregate, TimeWindow } from "./store.ts";

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
}

export function stepsFrom(
  rows: readonly ReadingRow[],
  query: TimeWindow & { stepMs: number; originMs: number; aggregate: StepAggregate },
): ModelStep[] {
  const { fromMs, toMs, stepMs, originMs } = query;
  const within = rows.filter(([, timeMs]) => timeMs >= fromMs && timeMs < toMs);
  const startOf = (timeMs: number) => Math.floor((timeMs - originMs) / stepMs) * stepMs + originMs;
  const groups = Map.groupBy(within, ([series, timeMs]) => `${series} ${startOf(timeMs)}`);
  return [...groups.values()]
    .map((group) => {
      // A group is made by its first row.
      const [series, timeMs] = group[0] ?? [0, 0];
      const values = group.toSorted((a, b) => a[1] - b[1]).map(([, , value]) => value);
      return { series, startMs: startOf(timeMs), value: aggregateOf(values, query.aggregate), count: group.length };
    })
    .sort((a, b) => a.series - b.series || a.startMs - b.startMs);
}

/** Of values in the order of time. */
function aggregateOf(values: readonly number[], aggregate: StepAggregate): number {
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
