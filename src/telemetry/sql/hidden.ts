import type { SeriesWindows } from "../rollups/days.ts";
import type { TimeWindow } from "../store.ts";
import { integer, seriesIn, timeIn } from "./text.ts";

/**
 * Readings that were deleted and still lie in the table: no read and no roll-up sees them. Their days are dirty for as long as they are hidden,
 * so that no rollup that counts them is read.
 */
export interface HiddenReadings extends TimeWindow {
  readonly series: Uint32Array;
  /** Rows up to this version are hidden; what was written later in their place is not. */
  readonly seq: number;
}

/** The condition that leaves hidden rows out, for a WHERE after FINAL; empty when nothing of these reads is hidden. */
export function notHidden(hidden: readonly HiddenReadings[], reads: readonly SeriesWindows[]): string {
  return hidden
    .filter((each) => reads.some((read) => touches(each, read)))
    .map((each) => ` AND NOT (${seriesIn(each.series)} AND ${timeIn("ts", each)} AND version <= ${integer(each.seq)})`)
    .join("");
}

/** The same for buckets of which the readings are gone: those that a deletion touches. */
export function notHiddenBuckets(
  hidden: readonly HiddenReadings[],
  reads: readonly SeriesWindows[],
  bucketMs: number,
): string {
  return hidden
    .map((each) => ({ ...each, fromMs: each.fromMs - bucketMs + 1 }))
    .filter((each) => reads.some((read) => touches(each, read)))
    .map((each) => ` AND NOT (${seriesIn(each.series)} AND ${timeIn("bucket", each)})`)
    .join("");
}

function touches(hidden: HiddenReadings, { series, windows }: SeriesWindows): boolean {
  if (!windows.some(({ fromMs, toMs }) => fromMs < hidden.toMs && toMs > hidden.fromMs)) return false;
  const asked = new Set(series);
  return hidden.series.some((each) => asked.has(each));
}
