import type { Outcome } from "../../domain/coverage.ts";
import { difference, type Interval, intersection, normalized } from "../../domain/intervals.ts";

/** Two values this many spacings apart have nothing between them that is missing: clocks of devices are not exact. */
const NEIGHBOURS_APART = 1.5;

export interface AnsweredStretch extends Interval {
  readonly outcome: Extract<Outcome, "data" | "nothing">;
}

/**
 * What an answered window says of a series: `data` where it has values, and `nothing` between values that are further apart than
 * `NEIGHBOURS_APART` times their spacing. A value holds for one spacing from its time on, and up to the next that is no further away.
 *
 * @param timesMs of the readings, in any order, all within the window
 * @returns stretches in order that cover the window exactly
 */
export function answeredStretches(
  window: Interval,
  timesMs: readonly number[],
  valuesEveryMs: number,
): AnsweredStretch[] {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const spans = sorted.map((timeMs, index): Interval => {
    const nextMs = sorted[index + 1] ?? Number.POSITIVE_INFINITY;
    const reach = nextMs - timeMs <= NEIGHBOURS_APART * valuesEveryMs ? nextMs : timeMs + valuesEveryMs;
    // Less than one spacing after the window's start, the value before it may lie just before the window.
    const fromMs = timeMs - window.fromMs < valuesEveryMs ? window.fromMs : timeMs;
    return { fromMs, toMs: reach };
  });
  const data = intersection(normalized(spans), [window]);
  const nothing = difference([window], data);
  return [
    ...data.map((interval): AnsweredStretch => ({ ...interval, outcome: "data" })),
    ...nothing.map((interval): AnsweredStretch => ({ ...interval, outcome: "nothing" })),
  ].sort((a, b) => a.fromMs - b.fromMs);
}
