import type { StepRun } from "../queries/step-grid.ts";
import type { SeriesWindows } from "../rollups/days.ts";
import { DAY_MS } from "../rollups/days.ts";
import { ROLLUPS, type Rollup } from "../rollups/rollup.ts";
import { type HiddenReadings, notHiddenBuckets } from "./hidden.ts";
import { joined, joinedStates, type StateField } from "./joined-states.ts";
import { READINGS_TABLE, SCALE_MAX, SCALE_OF_NUMBER } from "./readings-table.ts";
import { ROLLUP_COLUMNS } from "./rollup-table.ts";
import type { Sources } from "./state-rows.ts";
import { integer, rowsIn, seriesIn } from "./text.ts";

/** All that a row of a rollup holds. */
const FIELDS: readonly StateField[] = [
  "readings",
  "scale",
  "total",
  "low",
  "low_at",
  "high",
  "high_at",
  "opening",
  "opening_at",
  "closing",
  "closing_at",
  "area",
  "covered",
];

const VALUES = ["total", "low", "high", "opening", "closing"] as const;

/**
 * A value times a power of ten is off by up to 2^-52 of itself, since both the value and the product are rounded: below this, less than half a
 * unit, and rounding finds the whole number that was meant. The same holds for a sum, when it is held for the sum of absolute values.
 */
const MANTISSA_MAX = 2 ** 50;
/** The decimals of a row: enough for each of its values, or `SCALE_OF_NUMBER`. */
const SCALE = `toUInt8(if(scale_j > ${SCALE_MAX} OR greatest(abs(low_j), abs(high_j)) * readings_j * intExp10(scale_j) > ${MANTISSA_MAX}, ${SCALE_OF_NUMBER}, scale_j))`;

/** A row as the table keeps it, of a row of `FIELDS` with its `decimals` and its `even` spacing. Times are ms since the bucket began. */
const ROLLED = [
  "series, start AS bucket, toUInt32(readings_j)",
  "decimals",
  ...VALUES.map(
    (name) => `toInt64(if(decimals = ${SCALE_OF_NUMBER}, 0., round(${joined(name)} * intExp10(decimals))))`,
  ),
  ...VALUES.map((name) => `if(decimals = ${SCALE_OF_NUMBER}, ${joined(name)}, 0.)`),
  ...(["low_at", "high_at", "opening_at", "closing_at"] as const).map((name) => `toUInt32(${joined(name)} - start)`),
  "toUInt32(even), if(even > 0, 0., area_j), toUInt32(covered_j)",
].join(", ");

const [DAY, HOUR, QUARTER] = ROLLUPS;

/**
 * The statements that roll days up, in order: the narrowest width from the readings, each wider one from the one before.
 *
 * @param reads whole UTC days
 * @param version higher than any that these buckets were written with
 */
export function rollUp(reads: readonly SeriesWindows[], hidden: readonly HiddenReadings[], version: number): string[] {
  return [rollInto(QUARTER, { raw: reads, rollups: [], hidden }, version), ...rollWider(reads, version)];
}

/** The statements that make the wider widths of the narrowest, for days whose readings are gone. */
export function rollWider(reads: readonly SeriesWindows[], version: number): string[] {
  return [
    rollInto(HOUR, { raw: [], rollups: [{ rollup: QUARTER, reads }], hidden: [] }, version),
    rollInto(DAY, { raw: [], rollups: [{ rollup: HOUR, reads }], hidden: [] }, version),
  ];
}

function rollInto({ table, bucketMs }: Rollup, sources: Sources, version: number): string {
  const run: StepRun = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, stepMs: bucketMs };
  // Rows of wider buckets are few: they keep their area.
  const ofReadings = sources.rollups.length === 0;
  const states = joinedStates(sources, [run], ofReadings ? [...FIELDS, "spacing"] : FIELDS);
  const even = ofReadings ? joined("spacing") : "toInt64(0)";
  return `INSERT INTO ${table} (${ROLLUP_COLUMNS})
    SELECT ${ROLLED}, toUInt64(${integer(version)}) AS version
    FROM (SELECT *, ${SCALE} AS decimals, ${even} AS even FROM (${states}))`;
}

/** The statements that empty the buckets of days, for those that have lost all their readings since they were rolled up. */
export function emptyBuckets(reads: readonly SeriesWindows[], version: number): string[] {
  return ROLLUPS.map(({ table }) => empty(table, rowsIn("bucket", reads), version));
}

/** The same for days whose readings are gone: of the narrowest width only the buckets that a deletion touches, since none can be made again. */
export function emptyHiddenBuckets(
  reads: readonly SeriesWindows[],
  hidden: readonly HiddenReadings[],
  version: number,
): string[] {
  const days = rowsIn("bucket", reads);
  const kept = notHiddenBuckets(hidden, reads, QUARTER.bucketMs);
  return [
    ...(kept === "" ? [] : [empty(QUARTER.table, `${days} AND NOT (1${kept})`, version)]),
    ...[HOUR, DAY].map(({ table }) => empty(table, days, version)),
  ];
}

function empty(table: string, condition: string, version: number): string {
  const zeros = [
    "toUInt32(0), toUInt8(0)",
    ...VALUES.map(() => "toInt64(0)"),
    ...VALUES.map(() => "0."),
    "toUInt32(0), toUInt32(0), toUInt32(0), toUInt32(0), toUInt32(0), 0., toUInt32(0)",
  ].join(", ");
  return `INSERT INTO ${table} (${ROLLUP_COLUMNS})
      SELECT series, bucket, ${zeros}, toUInt64(${integer(version)}) AS version FROM ${table} FINAL
      WHERE ${condition} AND readings > 0`;
}

/** A SELECT of how many of these days were ever rolled up (UInt64). */
export function countRolledDays(reads: readonly SeriesWindows[]): string {
  return `SELECT count() FROM ${DAY.table} WHERE ${rowsIn("bucket", reads)}`;
}

/** A SELECT of the highest version in any rollup (UInt64). */
export function selectLastVersion(): string {
  return `SELECT max(last) FROM (${ROLLUPS.map(({ table }) => `SELECT max(version) AS last FROM ${table}`).join(" UNION ALL ")})`;
}

/** A SELECT of every series (UInt32) that has readings. */
export function selectSeries(): string {
  return `SELECT DISTINCT series FROM ${READINGS_TABLE}`;
}

/** A SELECT of the days (series UInt32, day Int64) on which some series have readings. */
export function selectDays(series: Iterable<number>): string {
  return daysOf(READINGS_TABLE, "ts", series);
}

/** The same of days that were rolled up. */
export function selectRolledDays(series: Iterable<number>): string {
  return daysOf(QUARTER.table, "bucket", series);
}

function daysOf(table: string, column: string, series: Iterable<number>): string {
  return `SELECT DISTINCT series, intDiv(${column}, ${integer(DAY_MS)}) AS day FROM ${table} WHERE ${seriesIn(series)}`;
}
