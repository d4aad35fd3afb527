import type { Interval } from "./intervals.ts";

/**
 * What came of asking a vendor for a stretch of time. `data`: it was answered, and what came is stored. `nothing`: it was answered, and the
 * vendor has nothing there. `refused`: the vendor understood and will not say. `failed`: no answer that could be used.
 */
export const OUTCOMES = ["data", "nothing", "refused", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** One entry of the coverage ledger: a stretch of a stream that was asked for, and what came of it. */
export interface CoverageRun extends Interval {
  readonly outcome: Outcome;
  /** When it was asked last, epoch ms. */
  readonly askedAtMs: number;
  /** The request that asked last: `RequestNumbers` of the connection gives them out. */
  readonly request: number;
}
