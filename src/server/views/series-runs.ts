import type { ReadingColumns } from "../../domain/reading.ts";
import { RAW_PAGE_ROWS_MAX, type RawCursor, type TelemetryStore, type TimeWindow } from "../../telemetry/store.ts";

/** Readings of one series, in ascending time. */
export interface SeriesRun extends Pick<ReadingColumns, "length" | "timesMs" | "values" | "qualities"> {
  readonly series: number;
}

/** Series that are asked for in one page where each has little. */
export const SERIES_PER_PAGE_MAX = 256;

/**
 * All readings of the window, one series after another in the order given. Holds two pages of readings, however many there are: the
 * next one is read while the last one is used. A series that was yielded may go on in the next run.
 *
 * @throws StorageUnavailable
 */
export async function* seriesRuns(
  store: TelemetryStore,
  series: readonly number[],
  window: TimeWindow,
  pageRows = RAW_PAGE_ROWS_MAX,
): AsyncGenerator<SeriesRun, void, undefined> {
  const pages = new SeriesPages(store, series, window, pageRows);
  let coming = begun(pages.next());
  for (let runs = await coming; runs !== null; runs = await coming) {
    coming = begun(pages.next());
    yield* runs;
  }
}

/** It may fail before it is waited for, or never be waited for at all. */
function begun<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/**
 * Reads a long series page by page, and many short ones at once: how many is learned on the way, since a page holds them by time, and
 * only a page that has all of them can be sorted by series.
 */
class SeriesPages {
  readonly #store: TelemetryStore;
  readonly #series: readonly number[];
  readonly #window: TimeWindow;
  readonly #pageRows: number;
  #at = 0;
  #group = 1;
  #groupMax = SERIES_PER_PAGE_MAX;
  #after: RawCursor | null = null;

  constructor(store: TelemetryStore, series: readonly number[], window: TimeWindow, pageRows: number) {
    this.#store = store;
    this.#series = series;
    this.#window = window;
    this.#pageRows = pageRows;
  }

  /** Runs in the order of the series; null after the last. One call at a time. */
  async next(): Promise<readonly SeriesRun[] | null> {
    while (this.#at < this.#series.length) {
      const group = this.#series.slice(this.#at, this.#at + this.#group);
      const { columns, next } = await this.#store.readRaw({
        series: group,
        ...this.#window,
        limit: this.#pageRows,
        ...(this.#after && { after: this.#after }),
      });
      if (next !== null && group.length > 1) {
        // Too much for one page: asked for again in smaller groups, and no larger ones are tried after that.
        this.#groupMax = Math.max(1, Math.floor(group.length / 2));
        this.#group = Math.min(this.#group, this.#groupMax);
        continue;
      }
      this.#after = next;
      if (next === null) {
        this.#at += group.length;
        if (columns.length < this.#pageRows / 4) this.#group = Math.min(this.#group * 2, this.#groupMax);
      }
      return group.length === 1 ? [{ ...columns, series: group[0] ?? 0 }] : bySeries(columns, group);
    }
    return null;
  }
}

/** Rows in ascending time, taken apart by series. */
function bySeries(columns: ReadingColumns, group: readonly number[]): SeriesRun[] {
  const places = new Map(group.map((series, place) => [series, place]));
  const counts = new Uint32Array(group.length);
  for (let row = 0; row < columns.length; row++) {
    const place = placeOf(places, columns, row);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const runs = group.map((series, place) => emptyRun(series, counts[place] ?? 0));
  counts.fill(0);
  for (let row = 0; row < columns.length; row++) {
    const place = placeOf(places, columns, row);
    const run = runs[place];
    const at = counts[place] ?? 0;
    if (!run) continue;
    run.timesMs[at] = columns.timesMs[row] ?? 0;
    run.values[at] = columns.values[row] ?? 0;
    run.qualities[at] = columns.qualities[row] ?? 0;
    counts[place] = at + 1;
  }
  return runs.filter(({ length }) => length > 0);
}

function placeOf(places: ReadonlyMap<number, number>, columns: ReadingColumns, row: number): number {
  const place = places.get(columns.series[row] ?? 0);
  if (place === undefined) throw new RangeError("a page holds a series that was not asked for");
  return place;
}

function emptyRun(series: number, length: number): SeriesRun {
  return {
    series,
    length,
    timesMs: new Float64Array(length),
    values: new Float64Array(length),
    qualities: new Uint8Array(length),
  };
}
