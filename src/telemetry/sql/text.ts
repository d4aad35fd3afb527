import type { SeriesWindows } from "../rollups/days.ts";
import type { TimeWindow } from "../store.ts";

/*
 * How numbers reach SQL, and nothing else does: every number of a statement goes through `integer`.
 */

export function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no whole number and must not reach the engine`);
  return value.toFixed(0);
}

/** Series without repetition, ascending; a run without gaps is said as a range, which the primary key answers fastest. */
export function seriesIn(series: Iterable<number>): string {
  const distinct = Array.from(new Set(series)).sort((a, b) => a - b);
  const first = distinct[0];
  const last = distinct.at(-1);
  if (first === undefined || last === undefined) return "0";
  if (first === last) return `series = ${integer(first)}`;
  if (last - first === distinct.length - 1) return `series >= ${integer(first)} AND series <= ${integer(last)}`;
  return `series IN (${distinct.map(integer).join(", ")})`;
}

export function timeIn(column: "ts" | "bucket", { fromMs, toMs }: TimeWindow): string {
  return `${column} >= ${integer(fromMs)} AND ${column} < ${integer(toMs)}`;
}

/** Rows of these series in these windows. @param reads at least one, each with at least one window */
export function rowsIn(column: "ts" | "bucket", reads: readonly SeriesWindows[]): string {
  const each = reads.map(({ series, windows }) => {
    const times = windows.map((window) => timeIn(column, window));
    if (times.length === 1) return `${seriesIn(series)} AND ${times.join("")}`;
    // The hull lets whole parts of the table be passed over at once.
    const hull = { fromMs: windows[0]?.fromMs ?? 0, toMs: windows.at(-1)?.toMs ?? 0 };
    return `${seriesIn(series)} AND ${timeIn(column, hull)} AND (${times.map((text) => `(${text})`).join(" OR ")})`;
  });
  return each.length === 1 ? each.join("") : `(${each.map((text) => `(${text})`).join(" OR ")})`;
}
