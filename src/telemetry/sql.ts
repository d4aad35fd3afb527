import type { RawQuery, StepAggregate, StepsQuery } from "./store.ts";

/*
 * The SQL that every engine shares: a numeric core that ClickHouse of any age understands.
 * Only numbers reach the text, and each one goes through `integer`.
 */

/** The mean Gregorian month, ms. Partitions are equal lengths of time, since the engine's calendar ends in 2106 and readings may not. */
const PARTITION_MS = 2_629_746_000;
/**
 * Months have partitions of their own from 2000 to 2100; all other times share one. Each partition that an insert touches is a part of its own
 * on disk (about 3 ms), and a reading may lie in any of 96,000 months: without this bound one legal body could keep the engine busy for minutes.
 */
const MONTHS_FROM_MS = Date.UTC(2000, 0);
const MONTHS_TO_MS = Date.UTC(2100, 0);
const PARTITION = `if(ts >= ${MONTHS_FROM_MS} AND ts < ${MONTHS_TO_MS}, intDiv(ts, ${PARTITION_MS}), -1)`;

/** How the engine keeps the table; what an old server does not know is left out there. */
export const TABLE_SETTINGS = {
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  // The source parts of a merge are deleted, so what was merged must be as safe as they were.
  min_rows_to_fsync_after_merge: 1,
  // Every part is written whole before it counts: a broken one is damage, and must not be set aside in silence.
  max_suspicious_broken_parts: 0,
  old_parts_lifetime: 60,
} as const;

export function createReadingsTable(): string {
  return `
    CREATE TABLE IF NOT EXISTS readings (
      series UInt32 CODEC(Delta, ZSTD(1)),
      ts Int64 CODEC(Delta, ZSTD(1)),
      value Float64 CODEC(Delta, ZSTD(1)),
      quality UInt8 CODEC(ZSTD(1)),
      version UInt64 CODEC(Delta, ZSTD(1))
    ) ENGINE = ReplacingMergeTree(version)
    PARTITION BY ${PARTITION}
    ORDER BY (series, ts)
    SETTINGS ${settingsText(TABLE_SETTINGS)}`;
}

/** `a = 1, b = 2` of settings. */
export function settingsText(settings: Readonly<Record<string, number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join(", ");
}

/** Takes the columns series, time_ms, value, quality and version (times and versions as Float64) from a table expression. */
export function insertFrom(table: string): string {
  return `
    INSERT INTO readings (series, ts, value, quality, version)
    SELECT series, toInt64(time_ms), value, quality, toUInt64(version) FROM ${table}`;
}

/** Answers rows of `RAW_ROW`, one more than the page's limit when there is a next page. */
export function selectRaw(query: RawQuery): string {
  const { after } = query;
  const afterText = after
    ? `AND (ts > ${integer(after.timeMs)} OR (ts = ${integer(after.timeMs)} AND series > ${integer(after.series)}))`
    : "";
  const fromMs = after ? Math.max(query.fromMs, after.timeMs) : query.fromMs;
  return `
    SELECT series, ts, value, quality FROM readings FINAL
    WHERE ${seriesIn(query.series)} AND ts >= ${integer(fromMs)} AND ts < ${integer(query.toMs)} ${afterText}
    ORDER BY ts, series LIMIT ${integer(query.limit + 1)}`;
}

const AGGREGATES: Readonly<Record<StepAggregate, string>> = {
  mean: "avg(value)",
  min: "min(value)",
  max: "max(value)",
  sum: "sum(value)",
  last: "argMax(value, ts)",
  count: "toFloat64(count())",
};

/** Answers rows of `STEP_ROW`, one more than `rowsMax` when there are too many. */
export function selectSteps(query: StepsQuery, rowsMax: number): string {
  const step = integer(query.stepMs);
  const origin = integer(modulo(query.originMs ?? 0, query.stepMs));
  // Integer division cuts towards zero: adding a whole step keeps it above zero for readings before the origin.
  const start = `(intDiv(ts - ${origin} + ${step}, ${step}) - 1) * ${step} + ${origin}`;
  return `
    SELECT series, ${start} AS start, ${AGGREGATES[query.aggregate]} AS aggregate, count() AS readings FROM readings FINAL
    WHERE ${seriesIn(query.series)} AND ts >= ${integer(query.fromMs)} AND ts < ${integer(query.toMs)}
    GROUP BY series, start ORDER BY series, start LIMIT ${integer(rowsMax + 1)}`;
}

function seriesIn(series: readonly number[]): string {
  return `series IN (${series.map(integer).join(", ")})`;
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no whole number and must not reach the engine`);
  return value.toFixed(0);
}

/** Remainder with the sign of the divisor. */
function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
