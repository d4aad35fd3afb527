import { DAY_MS } from "../rollups/days.ts";
import { ROLLUPS } from "../rollups/rollup.ts";
import type { TimeWindow } from "../store.ts";
import { VALUE } from "./readings-table.ts";
import { readings } from "./state-rows.ts";
import { integer } from "./text.ts";

/** A SELECT of ts (Int64) and value (Float64) of one series, nearly always ascending, where nothing is hidden. */
export function selectDay(series: number, window: TimeWindow, rowsMax: number): string {
  const raw = [{ series: [series], windows: [window] }];
  // Rows come as they lie on disk, part of the table by part: an ORDER BY would sort them all again, for a fifth of the whole time.
  return `SELECT ts, ${VALUE} AS value FROM ${readings({ raw, hidden: [] })} LIMIT ${integer(rowsMax)} SETTINGS max_threads = 1`;
}

/** A SELECT of series (UInt32), ts and value (as above) of whole UTC days, each series' rows together and ascending. */
export function selectWholeDays(series: readonly number[], day: number): string {
  const raw = [{ series, windows: [{ fromMs: day * DAY_MS, toMs: (day + 1) * DAY_MS }] }];
  return `SELECT series, ts, ${VALUE} AS value FROM ${readings({ raw, hidden: [] })} ORDER BY series, ts SETTINGS max_threads = 1, optimize_read_in_order = 1`;
}

/** A SELECT of series (UInt32) and day (Int64) of what is rolled up: the newest days first, as many as told. */
export function selectNewestDays(rowsMax: number): string {
  const [{ table }] = ROLLUPS;
  return `
    SELECT series, intDiv(bucket, ${integer(DAY_MS)}) AS day FROM ${table} FINAL WHERE readings > 0
    ORDER BY day DESC, series LIMIT ${integer(rowsMax)}`;
}
