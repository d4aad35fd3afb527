/*
 * The table of readings, for every engine.
 *
 * A value is a decimal number wherever that is exact: `mantissa / 10^scale`, since what devices send has a few decimals, and integers compress
 * to half of what doubles do. Where it is not exact, `scale` is `SCALE_OF_NUMBER` and the double itself stands in `number`.
 */

/** The table's name. Its predecessor, `readings` (values as Float64), is converted by `embedded/conversion.ts`. */
export const READINGS_TABLE = "readings_2";

/** `scale` of a reading whose value stands in `number`. */
export const SCALE_OF_NUMBER = 255;
/** Decimals of a mantissa. */
export const SCALE_MAX = 15;
/** A mantissa lies within ±this (2^53), so that it is exact as a double. */
export const MANTISSA_MAX = 2 ** 53;

/** The value of a reading, to the bit. Division of two whole numbers that are exact as doubles is rounded once, as the parsing of a decimal is. */
export const VALUE = `if(scale = ${SCALE_OF_NUMBER}, number, mantissa / intExp10(scale))`;

/** The columns in the table's order, which an INSERT names. */
export const READINGS_COLUMNS = "series, ts, mantissa, scale, number, quality, version";

/** The mean Gregorian month, ms. Partitions are equal lengths of time, since the engine's calendar ends in 2106 and readings may not. */
const PARTITION_MS = 2_629_746_000;
/**
 * Months have partitions of their own from 2000 to 2100; all other times share one. Each partition that an insert touches is a part of its own
 * on disk (about 3 ms), and a reading may lie in any of 96,000 months: without this bound one legal body could keep the engine busy for minutes.
 */
const MONTHS_FROM_MS = Date.UTC(2000, 0);
const MONTHS_TO_MS = Date.UTC(2100, 0);

/** The partition of a time, for any table that holds readings' times. `months` is how many share one. */
export function partitionOf(column: string, months = 1): string {
  const isInMonths = `${column} >= ${MONTHS_FROM_MS} AND ${column} < ${MONTHS_TO_MS}`;
  return `if(${isInMonths}, intDiv(${column}, ${months * PARTITION_MS}), -1)`;
}

/** The start of a time's partition, ms. */
export function partitionStart(timeMs: number): number {
  if (timeMs < MONTHS_FROM_MS) return 0;
  if (timeMs >= MONTHS_TO_MS) return partitionStart(MONTHS_TO_MS - 1);
  return Math.max(MONTHS_FROM_MS, Math.floor(timeMs / PARTITION_MS) * PARTITION_MS);
}

/** How a current engine keeps every table of Kilowatch; what an old server does not know is left out there. */
export const TABLE_SETTINGS = {
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  // The source parts of a merge are deleted, so what was merged must be as safe as they were.
  min_rows_to_fsync_after_merge: 1,
  // A broken part is set aside at the start, however many there are, and `embedded/broken-parts.ts` judges it: never in silence.
  max_suspicious_broken_parts: 1_000_000,
  old_parts_lifetime: 60,
  // A pass of merging costs as much as an insert: rather few passes over many parts. ClickHouse's own default is 5.
  merge_selector_base: 12,
  // A fifth less on disk than with blocks of 64 KiB, and small enough for reads of one series.
  min_compress_block_size: 262_144,
  max_compress_block_size: 1_048_576,
  // Columns one by one: less to copy for each row, and less memory.
  vertical_merge_algorithm_min_columns_to_activate: 1,
} as const;

export interface TableOptions {
  /** Whether the server knows CODEC; ClickHouse has had it since 19. */
  readonly codecs: boolean;
  /** `TABLE_SETTINGS` or what of it the server knows. */
  readonly settings: Readonly<Record<string, number>>;
  /** Months of one partition, 1 unless told: an old server takes 10 ms and more for each that an insert touches, and opens all files of each. */
  readonly partitionMonths?: number;
  /** The table engine, `ReplacingMergeTree(version)` unless told; a replicated one gives its own. */
  readonly engine?: string;
}

/** The statement that makes the table where it is not. */
export function createReadingsTable({
  codecs,
  settings,
  partitionMonths,
  engine = "ReplacingMergeTree(version)",
}: TableOptions): string {
  const codec = (text: string): string => (codecs ? ` CODEC(${text})` : "");
  return `
    CREATE TABLE IF NOT EXISTS ${READINGS_TABLE} (
      series UInt32${codec("Delta, ZSTD(1)")},
      ts Int64${codec("Delta, T64('bit'), ZSTD(1)")},
      mantissa Int64${codec("Delta, T64('bit'), ZSTD(1)")},
      scale UInt8${codec("ZSTD(1)")},
      number Float64${codec("Delta, ZSTD(1)")},
      quality UInt8${codec("ZSTD(1)")},
      version UInt64${codec("Delta, ZSTD(1)")}
    ) ENGINE = ${engine}
    PARTITION BY ${partitionOf("ts", partitionMonths)}
    ORDER BY (series, ts)${settingsClause(settings)}`;
}

function settingsClause(settings: Readonly<Record<string, number>>): string {
  return Object.keys(settings).length === 0 ? "" : `\n    SETTINGS ${settingsText(settings)}`;
}

/** `a = 1, b = 2` of settings. */
export function settingsText(settings: Readonly<Record<string, number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
}
