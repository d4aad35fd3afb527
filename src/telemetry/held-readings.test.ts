import { expect, test } from "vitest";
import { ReadingColumnsBuilder } from "../domain/reading.ts";
import { heldReadings } from "./held-readings.ts";
import { RAW_PAGE_ROWS_MAX, type RawPage, type RawQuery } from "./store.ts";

test("reads page after page until there is none", async () => {
  const rows = 2 * RAW_PAGE_ROWS_MAX + 1;
  const asked: RawQuery[] = [];
  const readRaw = async (query: RawQuery): Promise<RawPage> => {
    asked.push(query);
    const builder = new ReadingColumnsBuilder();
    const fromMs = query.after ? query.after.timeMs + 1 : query.fromMs;
    const toMs = Math.min(rows, fromMs + query.limit);
    for (let timeMs = fromMs; timeMs < toMs; timeMs++) builder.push(7, timeMs, timeMs / 2, 1);
    return { columns: builder.finish(), next: toMs < rows ? { timeMs: toMs - 1, series: 7 } : null };
  };
  const held = await heldReadings({ readRaw })([7], { fromMs: 0, toMs: rows });
  expect(asked).toHaveLength(3);
  expect(held.length).toBe(rows);
  expect([held.series[rows - 1], held.timesMs[rows - 1], held.values[rows - 1], held.qualities[rows - 1]]).toEqual([
    7,
    rows - 1,
    (rows - 1) / 2,
    1,
  ]);
});
