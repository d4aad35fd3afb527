import type { CoverageRun } from "../../domain/coverage.ts";
import type { Interval } from "../../domain/intervals.ts";

/**
 * What was asked of vendors, series by series, and what came. It never claims what the store does not hold: a run is noted after what
 * it brought is acknowledged, and written later, so that a crash forgets claims and invents none.
 */
export interface CoverageLedger {
  /** Notes what came of asking; what was known of that time is replaced. In memory at once, on disk with the next flush. */
  note(series: number, run: CoverageRun): void;
  /** What is known of a series within a span, oldest first; what was never asked is in no run. @throws StorageUnavailable */
  runs(series: number, within: Interval): Promise<CoverageRun[]>;
  /** What is known of each of some series, as `runs`; many at once take hardly longer than one. @throws StorageUnavailable */
  runsOf(series: readonly number[], within: Interval): Promise<Map<number, CoverageRun[]>>;
  /** Writes what is noted. @throws StorageUnavailable; what could not be written stays noted */
  flush(): Promise<void>;
}
