import type { StepRun } from "../queries/step-grid.ts";
import type { SeriesWindows } from "../rollups/days.ts";
import type { Rollup } from "../rollups/rollup.ts";
import { type HiddenReadings, notHidden, notHiddenBuckets } from "./hidden.ts";
import { READINGS_TABLE, VALUE } from "./readings-table.ts";
import { ROLLUP_AREA, rollupValue } from "./rollup-table.ts";
import { stepStart } from "./step-start.ts";
import { rowsIn } from "./text.ts";

/** Buckets of one width. */
export interface RollupReads {
  readonly rollup: Rollup;
  readonly reads: readonly SeriesWindows[];
  /** Whether to leave out buckets that a deletion touches: there are no readings any more that they could be made of again. */
  readonly hides?: boolean;
}

/** Where the rows of a statement come from: readings, rollups, or both. */
export interface Sources {
  readonly raw: readonly SeriesWindows[];
  readonly rollups: readonly RollupReads[];
  readonly hidden: readonly HiddenReadings[];
}

/** A column of rows that are on their way to be joined: as it is said of a reading, which is a rollup of one, and of a rollup. */
interface StateColumn {
  readonly reading: string;
  readonly rollup: string;
}

/** Times are epoch ms here, and all columns of a name have the same type in both, since old servers join only those. */
export const STATE_COLUMNS = {
  scale_s: { reading: "scale", rollup: "scale" },
  n: { reading: "toUInt64(1)", rollup: "toUInt64(readings)" },
  total_v: { reading: VALUE, rollup: rollupValue("total") },
  low_v: { reading: VALUE, rollup: rollupValue("low") },
  low_t: { reading: "ts", rollup: "bucket + low_ms" },
  high_v: { reading: VALUE, rollup: rollupValue("high") },
  high_t: { reading: "ts", rollup: "bucket + high_ms" },
  opening_v: { reading: VALUE, rollup: rollupValue("opening") },
  opening_t: { reading: "ts", rollup: "bucket + opening_ms" },
  closing_v: { reading: VALUE, rollup: rollupValue("closing") },
  closing_t: { reading: "ts", rollup: "bucket + closing_ms" },
  area_v: { reading: "toFloat64(0)", rollup: ROLLUP_AREA },
  covered_t: { reading: "toInt64(0)", rollup: "toInt64(covered_ms)" },
} as const satisfies Record<string, StateColumn>;
export type StateColumnName = keyof typeof STATE_COLUMNS;

/** Rows that are to be joined. */
export interface StateSource {
  /** What follows FROM. */
  readonly from: string;
  /** The start of the step that a row lies in. */
  readonly start: string;
  /** A column of the rows. */
  readonly of: (column: StateColumnName) => string;
}

/** The rows of one table as they are, those of several under each other with the named columns. */
export function stateSource(
  sources: Sources,
  runs: readonly StepRun[],
  columns: readonly StateColumnName[],
): StateSource {
  const [part, ...others] = partsOf(sources, runs);
  if (part && others.length === 0) return part;
  return { from: `(${stateRows(sources, runs, columns)})`, start: "start", of: (column) => column };
}

/** A SELECT of `series`, `start` and the named columns, a row for each reading and each bucket of the sources. */
export function stateRows(sources: Sources, runs: readonly StepRun[], columns: readonly StateColumnName[]): string {
  return partsOf(sources, runs)
    .map(({ from, start, of }) => {
      const list = columns.map((name) => `, ${of(name)} AS ${name}`).join("");
      return `SELECT series, ${start} AS start${list} FROM ${from}`;
    })
    .join(" UNION ALL ");
}

function partsOf(sources: Sources, runs: readonly StepRun[]): StateSource[] {
  const parts: StateSource[] = [];
  if (sources.raw.length > 0) {
    const of = (name: StateColumnName): string => STATE_COLUMNS[name].reading;
    parts.push({ from: readings(sources), start: stepStart("ts", runs), of });
  }
  for (const { rollup, reads, hides } of sources.rollups) {
    const hidden = hides ? notHiddenBuckets(sources.hidden, reads, rollup.bucketMs) : "";
    const from = `${rollup.table} FINAL WHERE ${rowsIn("bucket", reads)} AND readings > 0${hidden}`;
    parts.push({ from, start: stepStart("bucket", runs), of: (name) => STATE_COLUMNS[name].rollup });
  }
  return parts;
}

/** What follows FROM for a statement over the readings of the sources. */
export function readings({ raw, hidden }: Pick<Sources, "raw" | "hidden">): string {
  return `${READINGS_TABLE} FINAL WHERE ${rowsIn("ts", raw)}${notHidden(hidden, raw)}`;
}
