import type { CoverageRun, Outcome } from "./coverage.ts";
import { difference, type Interval } from "./intervals.ts";

/** A stretch of which neither data came nor word that there is none, and what was said when it was asked for last. */
export interface CoverageGap extends Interval {
  /** Null when it was never asked for. */
  readonly asked:
    | (Pick<CoverageRun, "askedAtMs" | "request"> & { readonly outcome: Extract<Outcome, "refused" | "failed"> })
    | null;
}

/** The gaps of a stream within a span, oldest first. @param runs what is known within it, in order, none overlapping another */
export function gapsOf(runs: readonly CoverageRun[], within: Interval): CoverageGap[] {
  const gaps: CoverageGap[] = difference([within], runs).map((hole) => ({ ...hole, asked: null }));
  for (const { fromMs, toMs, outcome, askedAtMs, request } of runs) {
    if (outcome === "refused" || outcome === "failed")
      gaps.push({ fromMs, toMs, asked: { outcome, askedAtMs, request } });
  }
  return gaps.sort((a, b) => a.fromMs - b.fromMs);
}
