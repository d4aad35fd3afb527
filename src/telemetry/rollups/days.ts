import type { TouchedDays } from "../sql/connection.ts";
import type { TimeWindow } from "../store.ts";

/** A UTC day, in which rollups are made and thrown away. */
export const DAY_MS = 86_400_000;

/** The number of the UTC day that a time lies in, since 1970-01-01. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

export const NO_DAYS: TouchedDays = { length: 0, series: new Uint32Array(0), days: new Int32Array(0) };

/** Days as windows, those that follow each other as one. @param days ascending */
export function windowsOfDays(days: readonly number[]): TimeWindow[] {
  return joined(days.map((day) => ({ fromMs: day * DAY_MS, toMs: (day + 1) * DAY_MS })));
}

/** Windows that touch or overlap made one. @param windows ascending by their start */
export function joined(windows: readonly TimeWindow[]): TimeWindow[] {
  const whole: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of windows) {
    const last = whole.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else whole.push({ fromMs, toMs });
  }
  return whole;
}

/** The pairs that a condition holds for; the same object when it holds for all. */
export function pairsWhere(pairs: TouchedDays, holds: (series: number, day: number) => boolean): TouchedDays {
  const rows = Array.from({ length: pairs.length }, (_, row) => row).filter((row) =>
    holds(pairs.series[row] ?? 0, pairs.days[row] ?? 0),
  );
  if (rows.length === pairs.length) return pairs;
  return {
    length: rows.length,
    series: Uint32Array.from(rows, (row) => pairs.series[row] ?? 0),
    days: Int32Array.from(rows, (row) => pairs.days[row] ?? 0),
  };
}

/** Series that are read over the same windows. */
export interface SeriesWindows {
  readonly series: readonly number[];
  /** Ascending, apart from each other, and not empty. */
  readonly windows: readonly TimeWindow[];
}

/** Pairs as windows, series with the same days together. */
export function windowsOfPairs({ length, series, days }: TouchedDays): SeriesWindows[] {
  const daysOf = new Map<number, number[]>();
  for (let row = 0; row < length; row++) {
    const each = series[row] ?? 0;
    const known = daysOf.get(each);
    if (known) known.push(days[row] ?? 0);
    else daysOf.set(each, [days[row] ?? 0]);
  }
  const groups = new Map<string, { series: number[]; windows: TimeWindow[] }>();
  for (const [each, itsDays] of daysOf) {
    itsDays.sort((a, b) => a - b);
    const key = itsDays.join();
    const group = groups.get(key);
    if (group) group.series.push(each);
    else groups.set(key, { series: [each], windows: windowsOfDays(itsDays) });
  }
  return [...groups.values()];
}

/** Windows that one statement names: an engine is slow at conditions of many. */
export const STATEMENT_WINDOWS_MAX = 64;

/** Cut into lists of few windows. */
export function* inStatements(reads: readonly SeriesWindows[]): Generator<SeriesWindows[]> {
  let list: SeriesWindows[] = [];
  let room = STATEMENT_WINDOWS_MAX;
  for (const { series, windows } of reads) {
    for (let at = 0; at < windows.length; ) {
      const some = windows.slice(at, at + room);
      list.push({ series, windows: some });
      at += some.length;
      room -= some.length;
      if (room > 0) continue;
      yield list;
      list = [];
      room = STATEMENT_WINDOWS_MAX;
    }
  }
  if (list.length > 0) yield list;
}
