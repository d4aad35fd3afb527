import { ROLLUPS } from "../rollups/rollup.ts";
import type { TimeWindow } from "../store.ts";
import { type HiddenReadings, notHidden } from "./hidden.ts";
import { READINGS_TABLE, VALUE } from "./readings-table.ts";
import { integer, seriesIn, timeIn } from "./text.ts";

/*
 * Statements that remove what is stored, and that count it. A removal is a mutation: the engine rewrites the parts that hold such rows, and
 * answers before it has.
 */

/** The tables that hold what came in, or what was made of it. */
export const TABLES = [READINGS_TABLE, ...ROLLUPS.map(({ table }) => table)] as const;

/** The mutation that removes the rows that a deletion hides. */
export function removeHidden({ series, seq, ...window }: HiddenReadings): string {
  return `ALTER TABLE ${READINGS_TABLE} DELETE WHERE ${seriesIn(series)} AND ${timeIn("ts", window)} AND version <= ${integer(seq)}`;
}

export interface Buckets {
  readonly series: readonly number[];
  readonly window: TimeWindow;
}

/** The mutation that removes buckets that begin in one of these windows. @param buckets at least one */
export function removeBuckets(table: string, buckets: readonly Buckets[]): string {
  const each = buckets.map(({ series, window }) => `(${seriesIn(series)} AND ${timeIn("bucket", window)})`);
  return `ALTER TABLE ${table} DELETE WHERE ${each.join(" OR ")}`;
}

/** The mutation that removes what is older than a time. */
export function removeOlder(table: string, series: readonly number[], beforeMs: number): string {
  return `ALTER TABLE ${table} DELETE WHERE ${olderIn(table, series, beforeMs)}`;
}

/** A SELECT of how many rows `removeOlder` would remove (UInt64). */
export function countOlder(table: string, series: readonly number[], beforeMs: number): string {
  return `SELECT count() FROM ${table} WHERE ${olderIn(table, series, beforeMs)}`;
}

function olderIn(table: string, series: readonly number[], beforeMs: number): string {
  return `${seriesIn(series)} AND ${table === READINGS_TABLE ? "ts" : "bucket"} < ${integer(beforeMs)}`;
}

/** A SELECT of how many mutations of a table are not done (UInt64). */
export function countMutations(table: string): string {
  return `SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table = '${table}' AND NOT is_done`;
}

/** A SELECT of series (UInt32), ts (Int64), value (Float64), quality (UInt8) and version (UInt64): each series' newest reading from a time on. */
export function selectNewest(series: readonly number[], fromMs: number, hidden: readonly HiddenReadings[]): string {
  const window = { fromMs, toMs: Number.MAX_SAFE_INTEGER };
  return `
    SELECT series, max(ts) AS newest, argMax(${VALUE}, ts), argMax(quality, ts), argMax(version, ts)
    FROM ${READINGS_TABLE} FINAL
    WHERE ${seriesIn(series)} AND ${timeIn("ts", window)}${notHidden(hidden, [{ series, windows: [window] }])}
    GROUP BY series`;
}

/** A SELECT, for each of `TABLES`, of its place in them (UInt32), bytes and rows that count, and bytes that are about to go (UInt64 each). */
export function selectSizes(): string {
  return TABLES.map(
    (table, index) => `
      SELECT toUInt32(${integer(index)}) AS place, toUInt64(sumIf(bytes_on_disk, active)) AS bytes, toUInt64(sumIf(rows, active)) AS held,
        toUInt64(sumIf(bytes_on_disk, NOT active)) AS leaving
      FROM system.parts WHERE database = currentDatabase() AND table = '${table}'`,
  ).join(" UNION ALL ");
}

/** A SELECT of series (UInt32) and rows (UInt64) of a table. */
export function selectRows(table: string): string {
  return `SELECT series, count() AS held FROM ${table} GROUP BY series`;
}
