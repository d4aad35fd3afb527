import type { SeriesWindows } from "../rollups/days.ts";
import type { RawQuery } from "../store.ts";
import type { HiddenReadings } from "./hidden.ts";
import { VALUE } from "./readings-table.ts";
import { readings } from "./state-rows.ts";
import { integer } from "./text.ts";

/**
 * A SELECT of series (UInt32), ts (Int64), value (Float64) and quality (UInt8), one row more than the page's limit when there is a next page.
 *
 * @param raw the windows of the query, from its cursor on; at least one
 */
export function selectRaw(
  { after, series, limit }: RawQuery,
  raw: readonly SeriesWindows[],
  hidden: readonly HiddenReadings[],
): string {
  const afterText = after
    ? ` AND (ts > ${integer(after.timeMs)} OR (ts = ${integer(after.timeMs)} AND series > ${integer(after.series)}))`
    : "";
  // The rows of one series lie in the order of time: the engine stops reading once the page is full.
  const order = new Set(series).size === 1 ? "ts" : "ts, series";
  return `SELECT series, ts, ${VALUE} AS value, quality FROM ${readings({ raw, hidden })}${afterText} ORDER BY ${order} LIMIT ${integer(limit + 1)}`;
}
