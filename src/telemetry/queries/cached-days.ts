import type { ReadingColumns } from "../../domain/reading.ts";
import { DAY_MS, dayOf } from "../rollups/days.ts";
import { type Rows, readRows } from "../row-binary.ts";
import { selectDay } from "../sql/select-day.ts";
import type { TimeWindow } from "../store.ts";
import type { DayCache } from "./day-cache.ts";
import { type DayColumns, packDay, unpackDay } from "./day-columns.ts";

/** Series times UTC days up to which a query is answered from whole days of readings; larger ones leave the adding up to the engine. */
export const CACHED_DAYS_MAX = 4;
/** Readings of a series and day that are packed; one that holds more is for the engine to add up. */
const DAY_READINGS_MAX = 90_000;

/**
 * Readings of some series that cover a window and more, in the order of series and time; null when there are too many of them.
 * Qualities are left out.
 */
export async function readingsOfDays(
  cache: DayCache,
  query: (sql: string) => Promise<Uint8Array>,
  series: readonly number[],
  window: TimeWindow,
): Promise<ReadingColumns | null> {
  const days = daysIn(window);
  const distinct = Array.from(new Set(series)).sort((a, b) => a - b);
  const found: { series: number; day: number; columns: DayColumns }[] = [];
  for (const each of distinct) {
    const missing = days.filter((day) => cache.get(each, day) === undefined);
    const loaded = missing.length === 0 ? null : await loadDays(cache, query, each, missing);
    for (const day of days) {
      const columns = loaded?.get(day) ?? cache.get(each, day);
      // Too large to be kept, or gone again.
      if (!columns) return null;
      found.push({ series: each, day, columns });
    }
  }
  return joined(found);
}

/** Whether a query is small enough for `readingsOfDays`. */
export function fitsCachedDays(series: readonly number[], { fromMs, toMs }: TimeWindow): boolean {
  return new Set(series).size * (dayOf(toMs - 1) - dayOf(Math.max(0, fromMs)) + 1) <= CACHED_DAYS_MAX;
}

function daysIn({ fromMs, toMs }: TimeWindow): number[] {
  const first = dayOf(Math.max(0, fromMs));
  return Array.from({ length: dayOf(toMs - 1) - first + 1 }, (_, index) => first + index);
}

function loadDays(
  cache: DayCache,
  query: (sql: string) => Promise<Uint8Array>,
  series: number,
  days: readonly number[],
): Promise<ReadonlyMap<number, DayColumns>> {
  return cache.load(series, days, async () => {
    const window = { fromMs: (days[0] ?? 0) * DAY_MS, toMs: ((days.at(-1) ?? 0) + 1) * DAY_MS };
    const { length, columns } = readRows(await query(selectDay(series, window, days.length * DAY_READINGS_MAX)), [
      "Int64",
      "Float64",
    ]);
    const loaded = new Map<number, DayColumns>();
    if (length >= days.length * DAY_READINGS_MAX) return loaded;
    const [timesMs, values] = ascending(...columns);
    let from = 0;
    for (const day of days) {
      while (from < length && (timesMs[from] ?? 0) < day * DAY_MS) from++;
      let to = from;
      while (to < length && (timesMs[to] ?? 0) < (day + 1) * DAY_MS) to++;
      loaded.set(day, packed(timesMs.subarray(from, to), values.slice(from, to), day));
      from = to;
    }
    return loaded;
  });
}

/** Cuts rows of one day into its series' columns. @param rows series, time and value; each series' rows together and ascending */
export function daysOfRows(
  { length, columns }: Rows<readonly ["UInt32", "Int64", "Float64"]>,
  day: number,
): ReadonlyMap<number, DayColumns> {
  const [series, timesMs, values] = columns;
  const found = new Map<number, DayColumns>();
  for (let from = 0; from < length; ) {
    let to = from + 1;
    while (to < length && series[to] === series[from]) to++;
    found.set(series[from] ?? 0, packed(timesMs.subarray(from, to), values.slice(from, to), day));
    from = to;
  }
  return found;
}

function packed(timesMs: Float64Array, values: Float64Array, day: number): DayColumns {
  const offsets = new Uint32Array(timesMs.length);
  for (let row = 0; row < offsets.length; row++) offsets[row] = (timesMs[row] ?? 0) - day * DAY_MS;
  return packDay(offsets, values);
}

/** Both by time. */
function ascending(timesMs: Float64Array, values: Float64Array): [Float64Array, Float64Array] {
  let row = 1;
  while (row < timesMs.length && (timesMs[row - 1] ?? 0) < (timesMs[row] ?? 0)) row++;
  if (row >= timesMs.length) return [timesMs, values];
  const order = Uint32Array.from(timesMs.keys()).sort((a, b) => (timesMs[a] ?? 0) - (timesMs[b] ?? 0));
  const sorted = (column: Float64Array): Float64Array => Float64Array.from(order, (each) => column[each] ?? 0);
  return [sorted(timesMs), sorted(values)];
}

function joined(found: readonly { series: number; day: number; columns: DayColumns }[]): ReadingColumns {
  const length = found.reduce((sum, { columns }) => sum + columns.length, 0);
  const [series, timesMs, values] = [new Uint32Array(length), new Float64Array(length), new Float64Array(length)];
  let at = 0;
  for (const each of found) {
    series.fill(each.series, at, at + each.columns.length);
    at = unpackDay(each.columns, each.day * DAY_MS, timesMs, values, at);
  }
  return { length, series, timesMs, values, qualities: NO_QUALITIES };
}

const NO_QUALITIES = new Uint8Array(0);
