import type { ReadingColumns } from "../domain/reading.ts";
import type { ArrangeSpace } from "./arrange-space.ts";

/** Series numbers are counted one by one where they are this close together, or closer than `RANGE_PER_ROW` numbers for each row. */
const RANGE_MIN = 2 ** 12;
const RANGE_PER_ROW = 4;
/** A row's place within a key of 53 bits, beside a series number of 32: rows that can be ordered by keys. */
const KEYED_ROWS_MAX = 2 ** 21;

/**
 * Rows of several batches as columns of their own, ordered by series; rows of one series keep their order.
 * @throws RangeError for more than 2,097,152 rows.
 */
export function sortedBySeries(batches: readonly ReadingColumns[], space: ArrangeSpace): ReadingColumns {
  const length = batches.reduce((sum, batch) => sum + batch.length, 0);
  if (length > KEYED_ROWS_MAX) throw new RangeError(`${length} rows are too many to be ordered at once`);
  space.reserve(length);
  const sorted = space.columns(length);
  const { min, max, isOrdered } = seriesRange(batches);
  if (isOrdered) {
    let at = 0;
    for (const batch of batches) {
      sorted.series.set(batch.series, at);
      sorted.timesMs.set(batch.timesMs, at);
      sorted.values.set(batch.values, at);
      sorted.qualities.set(batch.qualities, at);
      at += batch.length;
    }
    return sorted;
  }
  if (max - min < Math.max(RANGE_MIN, RANGE_PER_ROW * length)) placeCounted(batches, sorted, min, max);
  else placeKeyed(batches, sorted);
  return sorted;
}

/** Orders the rows of one series by time; rows of one time keep their order. `rows` is changed in place. */
export function sortRunByTime(rows: ReadingColumns, from: number, to: number): void {
  const timesMs = rows.timesMs.slice(from, to);
  const values = rows.values.slice(from, to);
  const qualities = rows.qualities.slice(from, to);
  const order = timeOrder(timesMs);
  for (let place = 0; place < order.length; place++) {
    // Within the run every column has a value; the fallbacks are for the type only.
    const row = order[place] ?? 0;
    rows.timesMs[from + place] = timesMs[row] ?? 0;
    rows.values[from + place] = values[row] ?? 0;
    rows.qualities[from + place] = qualities[row] ?? 0;
  }
}

function timeOrder(timesMs: Float64Array): Float64Array | Uint32Array {
  const { length } = timesMs;
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = 0;
  for (const timeMs of timesMs) {
    if (timeMs < firstMs) firstMs = timeMs;
    if (timeMs > lastMs) lastMs = timeMs;
  }
  if ((lastMs - firstMs + 1) * length > Number.MAX_SAFE_INTEGER) {
    return Uint32Array.from({ length }, (_, row) => row).sort((a, b) => (timesMs[a] ?? 0) - (timesMs[b] ?? 0) || a - b);
  }
  // Time and place in one number: sorting plain numbers is several times as fast as sorting by a comparison.
  const keys = timesMs.map((timeMs, row) => (timeMs - firstMs) * length + row).sort();
  return keys.map((key) => key % length);
}

interface SeriesRange {
  readonly min: number;
  readonly max: number;
  readonly isOrdered: boolean;
}

function seriesRange(batches: readonly ReadingColumns[]): SeriesRange {
  let min = 2 ** 32;
  let max = 0;
  let before = 0;
  let isOrdered = true;
  for (const { series, length } of batches) {
    for (let row = 0; row < length; row++) {
      const each = series[row] ?? 0;
      if (each < before) isOrdered = false;
      before = each;
      if (each < min) min = each;
      if (each > max) max = each;
    }
  }
  return { min, max, isOrdered };
}

/** Counts the rows of each series, then puts each row at its series' next place. */
function placeCounted(batches: readonly ReadingColumns[], sorted: ReadingColumns, min: number, max: number): void {
  const places = new Uint32Array(max - min + 1);
  for (const { series, length } of batches) {
    for (let row = 0; row < length; row++) {
      const index = (series[row] ?? 0) - min;
      places[index] = (places[index] ?? 0) + 1;
    }
  }
  let next = 0;
  for (let index = 0; index < places.length; index++) {
    const count = places[index] ?? 0;
    places[index] = next;
    if (count > 0) sorted.series.fill(min + index, next, next + count);
    next += count;
  }
  for (const { series, timesMs, values, qualities, length } of batches) {
    for (let row = 0; row < length; row++) {
      const index = (series[row] ?? 0) - min;
      const place = places[index] ?? 0;
      places[index] = place + 1;
      sorted.timesMs[place] = timesMs[row] ?? 0;
      sorted.values[place] = values[row] ?? 0;
      sorted.qualities[place] = qualities[row] ?? 0;
    }
  }
}

/** For series that lie far apart: sorts numbers that hold the series and the place of a row. */
function placeKeyed(batches: readonly ReadingColumns[], sorted: ReadingColumns): void {
  const keys = new Float64Array(sorted.length);
  const starts: number[] = [];
  let at = 0;
  for (const { series, length } of batches) {
    starts.push(at);
    for (let row = 0; row < length; row++, at++) keys[at] = (series[row] ?? 0) * KEYED_ROWS_MAX + at;
  }
  keys.sort();
  const timesMs = new Float64Array(sorted.length);
  const values = new Float64Array(sorted.length);
  const qualities = new Uint8Array(sorted.length);
  batches.forEach((batch, index) => {
    timesMs.set(batch.timesMs, starts[index]);
    values.set(batch.values, starts[index]);
    qualities.set(batch.qualities, starts[index]);
  });
  for (let place = 0; place < keys.length; place++) {
    const key = keys[place] ?? 0;
    const row = key % KEYED_ROWS_MAX;
    sorted.series[place] = (key - row) / KEYED_ROWS_MAX;
    sorted.timesMs[place] = timesMs[row] ?? 0;
    sorted.values[place] = values[row] ?? 0;
    sorted.qualities[place] = qualities[row] ?? 0;
  }
}
