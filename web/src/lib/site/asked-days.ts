import type { SiteCoverage } from "../api/types.gen.ts";

/** What became of a day's time, over all values of the devices that are asked for. Shares of the day up to now; together they are 1. */
export interface AskedDay {
  readonly startMs: number;
  readonly data: number;
  /** The vendor said that it has nothing. */
  readonly nothing: number;
  readonly refused: number;
  readonly failed: number;
  readonly unasked: number;
}

export const OUTCOMES = ["data", "nothing", "refused", "failed", "unasked"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Adds up the devices of coverage, the time before each of them left out. None where no device is asked for: what pushes by itself is in no
 * ledger. A day before them all is no row.
 */
export function askedDays(edges: readonly number[], devices: SiteCoverage["items"]): AskedDay[] {
  const asked = devices.flatMap(({ sums }) => (sums === null ? [] : [sums]));
  if (asked.length === 0) return [];
  return edges.slice(0, -1).flatMap((startMs, day) => {
    const total = (outcome: Outcome): number => asked.reduce((sum, sums) => sum + (sums[outcome][day] ?? 0), 0);
    const whole = OUTCOMES.reduce((sum, outcome) => sum + total(outcome), 0);
    if (whole === 0) return [];
    const share = (outcome: Outcome): number => total(outcome) / whole;
    return {
      startMs,
      data: share("data"),
      nothing: share("nothing"),
      refused: share("refused"),
      failed: share("failed"),
      unasked: share("unasked"),
    };
  });
}
