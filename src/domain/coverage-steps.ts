import { type CoverageRun, OUTCOMES, type Outcome } from "./coverage.ts";

/** How much of each step has which outcome, ms; what is left of a step was never asked. */
export type StepCoverage = Readonly<Record<Outcome, Float64Array>>;

/** @param steps how many */
export function emptyStepCoverage(steps: number): StepCoverage {
  const [data, nothing, refused, failed] = OUTCOMES.map(() => new Float64Array(steps));
  if (!data || !nothing || !refused || !failed) throw new RangeError("there are four outcomes");
  return { data, nothing, refused, failed };
}

/**
 * Adds what is known of a stream to the sums of each step.
 * @param runs in order, none overlapping another
 * @param edgesMs ascending: one more than there are steps
 */
export function addToSteps(sums: StepCoverage, runs: readonly CoverageRun[], edgesMs: readonly number[]): void {
  let step = 0;
  for (const { fromMs, toMs, outcome } of runs) {
    const ofOutcome = sums[outcome];
    while ((edgesMs[step + 1] ?? Infinity) <= fromMs) step++;
    // The next run may begin in the step in which this one ends.
    for (let at = step; at < ofOutcome.length; at++) {
      const beginMs = edgesMs[at] ?? Infinity;
      const endMs = edgesMs[at + 1] ?? Infinity;
      if (beginMs >= toMs) break;
      const ms = Math.min(endMs, toMs) - Math.max(beginMs, fromMs);
      if (ms > 0) ofOutcome[at] = (ofOutcome[at] ?? 0) + ms;
    }
  }
}
