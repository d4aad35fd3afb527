import type { IsDeleted } from "../latest.ts";
import { DAY_MS, dayOf } from "../rollups/days.ts";
import { WHOLE_SERIES } from "../rollups/dirty-days.ts";
import type { TouchedDays } from "../sql/connection.ts";
import type { HiddenReadings } from "../sql/hidden.ts";

/** Pairs of series and day that a deletion marks one by one; of a wider one, whole series are marked. */
export const DELETION_PAIRS_MAX = 100_000;

const seriesSets = new WeakMap<HiddenReadings, ReadonlySet<number>>();

function setOf(deletion: HiddenReadings): ReadonlySet<number> {
  const known = seriesSets.get(deletion);
  if (known) return known;
  const series = new Set(deletion.series);
  seriesSets.set(deletion, series);
  return series;
}

/** What some deletions remove; null for none. */
export function deletedBy(deletions: readonly HiddenReadings[]): IsDeleted | null {
  if (deletions.length === 0) return null;
  return (series, timeMs, seq) =>
    deletions.some((each) => seq <= each.seq && timeMs >= each.fromMs && timeMs < each.toMs && setOf(each).has(series));
}

/** The days that a deletion may have changed; found without asking the engine, so that a deletion never waits for it. */
export function daysOf({ series, fromMs, toMs }: HiddenReadings): TouchedDays {
  const first = dayOf(fromMs);
  const days = Math.ceil(toMs / DAY_MS) - first;
  const each = series.length * days <= DELETION_PAIRS_MAX ? days : 1;
  const length = series.length * each;
  const pairs = { length, series: new Uint32Array(length), days: new Int32Array(length) };
  for (let row = 0; row < length; row++) {
    pairs.series[row] = series[Math.floor(row / each)] ?? 0;
    pairs.days[row] = each === days ? first + (row % each) : WHOLE_SERIES;
  }
  return pairs;
}
