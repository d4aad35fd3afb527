import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ReadingColumnsBuilder } from "../../domain/reading.ts";
import type { RawPage, RawQuery, TelemetryStore } from "../../telemetry/store.ts";
import { SERIES_PER_PAGE_MAX, seriesRuns } from "./series-runs.ts";

interface Row {
  readonly series: number;
  readonly timeMs: number;
}

const WINDOW = { fromMs: 0, toMs: 1_000_000 };
const valueIn = ({ series, timeMs }: Row): number => series * 1_000_000 + timeMs;

/** Pages of rows as the store's port promises them: by time, then series, after a cursor. */
class PagedRows {
  readonly #rows: readonly Row[];
  readonly asked: RawQuery[] = [];
  rowsRead = 0;

  constructor(rows: readonly Row[]) {
    this.#rows = rows.toSorted((a, b) => a.timeMs - b.timeMs || a.series - b.series);
  }

  async readRaw(query: RawQuery): Promise<RawPage> {
    this.asked.push(query);
    const { after, series, limit, fromMs, toMs } = query;
    const rows = this.#rows.filter(
      (row) =>
        series.includes(row.series) &&
        row.timeMs >= fromMs &&
        row.timeMs < toMs &&
        (!after || row.timeMs > after.timeMs || (row.timeMs === after.timeMs && row.series > after.series)),
    );
    const page = rows.slice(0, limit);
    const builder = new ReadingColumnsBuilder();
    for (const row of page) builder.push(row.series, row.timeMs, valueIn(row), row.series % 3);
    this.rowsRead += page.length;
    return { columns: builder.finish(), next: rows.length > limit ? (page.at(-1) ?? null) : null };
  }
}

async function read(store: PagedRows, series: readonly number[], pageRows: number): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const run of seriesRuns(store as unknown as TelemetryStore, series, WINDOW, pageRows)) {
    for (let at = 0; at < run.length; at++) {
      const row = { series: run.series, timeMs: run.timesMs[at] ?? -1 };
      expect(run.values[at]).toBe(valueIn(row));
      expect(run.qualities[at]).toBe(row.series % 3);
      rows.push(row);
    }
  }
  return rows;
}

describe("readings by series", () => {
  test("come all, once, in the order of the series and by time", async () => {
    const rowCounts = fc.array(fc.oneof(fc.nat(3), fc.nat(60)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(rowCounts, fc.integer({ min: 1, max: 30 }), async (counts, pageRows) => {
        const series = counts.map((_, at) => counts.length - at);
        const rows = series.flatMap((number, at) =>
          Array.from({ length: counts[at] ?? 0 }, (_, place) => ({ series: number, timeMs: place * 7 })),
        );
        expect(await read(new PagedRows(rows), series, pageRows)).toEqual(rows);
      }),
      { numRuns: 60 },
    );
  });

  test("many short series take few pages", async () => {
    const series = Array.from({ length: 2_000 }, (_, at) => at);
    const store = new PagedRows(series.map((number) => ({ series: number, timeMs: number })));
    expect(await read(store, series, 50_000)).toHaveLength(2_000);
    expect(store.asked.length).toBeLessThan(20);
    expect(Math.max(...store.asked.map((query) => query.series.length))).toBe(SERIES_PER_PAGE_MAX);
  });

  test("long series among short ones are read about once", async () => {
    const series = Array.from({ length: 64 }, (_, at) => at);
    const rows = series.flatMap((number) =>
      Array.from({ length: number % 8 === 7 ? 1_000 : 1 }, (_, timeMs) => ({ series: number, timeMs })),
    );
    const store = new PagedRows(rows);
    expect(await read(store, series, 100)).toHaveLength(rows.length);
    expect(store.rowsRead).toBeLessThan(rows.length * 1.2);
  });

  test("nothing is read on once nobody takes it", async () => {
    const store = new PagedRows(Array.from({ length: 1_000 }, (_, timeMs) => ({ series: 1, timeMs })));
    const runs = seriesRuns(store as unknown as TelemetryStore, [1], WINDOW, 10);
    await runs.next();
    await runs.return();
    expect(store.asked.length).toBe(2);
  });

  test("a store that fails while the last page is in use is no unhandled rejection", async () => {
    let calls = 0;
    const rows = new PagedRows(Array.from({ length: 30 }, (_, timeMs) => ({ series: 1, timeMs })));
    const store = {
      readRaw: (query: RawQuery) => (calls++ === 0 ? rows.readRaw(query) : Promise.reject(new Error("gone"))),
    };
    const runs = seriesRuns(store as unknown as TelemetryStore, [1], WINDOW, 10);
    expect((await runs.next()).done).toBe(false);
    await new Promise(setImmediate);
    await expect(runs.next()).rejects.toThrow("gone");
  });
});
