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
    .map((each) => ({ ...each, read: seriesRead(each, reads) }))
    .filter(({ read }) => read.length > 0)
    .map(
      ({ read, seq, ...window }) =>
        ` AND NOT (${seriesIn(read)} AND ${timeIn("ts", window)} AND version <= ${integer(seq)})`,
    )
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
    .map((each) => ({ ...each, read: seriesRead(each, reads) }))
    .filter(({ read }) => read.length > 0)
    .map(({ read, ...window }) => ` AND NOT (${seriesIn(read)} AND ${timeIn("bucket", window)})`)
    .join("");
}

/** A deletion's series that are read within its window: it may name thousands, and few of them are asked for. */
function seriesRead({ series, fromMs, toMs }: HiddenReadings, reads: readonly SeriesWindows[]): Uint32Array {
  const touched = reads.filter(({ windows }) => windows.some((window) => window.fromMs < toMs && window.toMs > fromMs));
  if (touched.length === 0) return NO_SERIES;
  const asked = new Set(touched.flatMap((read) => read.series));
  return series.filter((each) => asked.has(each));
}

const NO_SERIES = new Uint32Array(0);
