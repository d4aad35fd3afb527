import { ROLLUPS, type Rollup } from "../rollups/rollup.ts";
import { partitionOf, SCALE_OF_NUMBER, settingsText, type TableOptions } from "./readings-table.ts";

/*
 * A row of a rollup is what is known of a series' readings in one bucket, so that two neighbouring rows make the row of both:
 *
 *   readings     how many; 0 overwrites a bucket that has lost all of its readings
 *   total        their sum
 *   low, high    the smallest and the largest value; low_ms, high_ms when it was read first, ms since the bucket's start
 *   opening      the first value by time, closing the last; opening_ms, closing_ms when, ms since the bucket's start
 *   area         value × ms under the lines between neighbouring readings of the bucket that are no further apart than GAP_MS_MAX
 *   covered_ms   the time that these lines span
 *   spacing_ms   the time between any two neighbours, where it is the same: then the area follows from the other values, and is not kept
 *
 * Values are decimals, as those of readings are: `total / 10^scale`. Where that is not exact for all of them, `scale` is `SCALE_OF_NUMBER` and they
 * stand in `total_number` and so on.
 *
 * Joining rows adds the line from the closing of one to the opening of the next.
 */

/** A rollup's columns in the table's order, which an INSERT names. */
export const ROLLUP_COLUMNS = [
  "series, bucket, readings, scale",
  "total, low, high, opening, closing",
  "total_number, low_number, high_number, opening_number, closing_number",
  "low_ms, high_ms, opening_ms, closing_ms",
  "spacing_ms, area, covered_ms, version",
].join(", ");

/** A value of a row. */
export function rollupValue(name: "total" | "low" | "high" | "opening" | "closing"): string {
  return `if(scale = ${SCALE_OF_NUMBER}, ${name}_number, ${name} / intExp10(scale))`;
}

/** The area of a row. */
export const ROLLUP_AREA = `if(spacing_ms > 0, spacing_ms * (${rollupValue("total")} - (${rollupValue("opening")} + ${rollupValue("closing")}) / 2), area)`;

/** The statements that make the tables of rollups where they are not. */
export function createRollupTables(options: TableOptions): string[] {
  return ROLLUPS.map((rollup) => createRollupTable(rollup, options));
}

function createRollupTable(
  { table }: Rollup,
  { codecs, settings, partitionMonths, engine = "ReplacingMergeTree(version)" }: TableOptions,
): string {
  const codec = (text: string): string => (codecs ? ` CODEC(${text})` : "");
  const value = `Int64${codec("Delta, T64('bit'), ZSTD(1)")}`;
  const number = `Float64${codec("ZSTD(1)")}`;
  const offset = `UInt32${codec("ZSTD(1)")}`;
  return `
    CREATE TABLE IF NOT EXISTS ${table} (
      series UInt32${codec("Delta, ZSTD(1)")},
      bucket Int64${codec("Delta, ZSTD(1)")},
      readings UInt32${codec("T64, ZSTD(1)")},
      scale UInt8${codec("ZSTD(1)")},
      total ${value}, low ${value}, high ${value}, opening ${value}, closing ${value},
      total_number ${number}, low_number ${number}, high_number ${number}, opening_number ${number}, closing_number ${number},
      low_ms ${offset}, high_ms ${offset}, opening_ms ${offset}, closing_ms ${offset},
      spacing_ms ${offset}, area ${number}, covered_ms ${offset},
      version UInt64${codec("Delta, ZSTD(1)")}
    ) ENGINE = ${engine}
    PARTITION BY ${partitionOf("bucket", partitionMonths)}
    ORDER BY (series, bucket)${Object.keys(settings).length === 0 ? "" : ` SETTINGS ${settingsText(settings)}`}`;
}
