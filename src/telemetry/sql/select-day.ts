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
