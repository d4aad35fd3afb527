import { ROLLUPS } from "../rollups/rollup.ts";
import type { StateField } from "../sql/joined-states.ts";
import type { DownsampledQuery, PointColumns } from "../store.ts";
import { gridOf, type StepGrid } from "./step-grid.ts";
import { fieldOf, type StepStates } from "./step-states.ts";

/** First, smallest, largest, last: what a line through all readings shows in one column of a screen (M4, Jugel et al., VLDB 2014). */
const POINTS_PER_STEP = 4;

export const POINT_FIELDS = [
  "opening_at",
  "opening",
  "low_at",
  "low",
  "high_at",
  "high",
  "closing_at",
  "closing",
] as const satisfies readonly StateField[];

/** Equal steps, so many that `pointsMax` holds; where they are wide, whole numbers of rollups. */
export function downsampledGrid({ fromMs, toMs, pointsMax }: DownsampledQuery): StepGrid {
  const steps = Math.floor(pointsMax / POINTS_PER_STEP);
  const narrowestMs = Math.ceil((toMs - fromMs) / steps);
  // Steps that begin with the window are as many as were asked for; those on the grid of rollups may be one more.
  const alignedMs = Math.ceil((toMs - fromMs) / (steps - 1));
  const rollup = ROLLUPS.find(({ bucketMs }) => bucketMs <= alignedMs);
  if (!rollup) return gridOf({ stepMs: narrowestMs, originMs: fromMs });
  return gridOf({ stepMs: Math.ceil(alignedMs / rollup.bucketMs) * rollup.bucketMs });
}

/** Each step's points in the order of time, none twice. @param states with `POINT_FIELDS`, ascending */
export function pointsOf(states: StepStates): Omit<PointColumns, "plan"> {
  const [series, timesMs, values]: [number[], number[], number[]] = [[], [], []];
  const pairs = [
    [fieldOf(states, "opening_at"), fieldOf(states, "opening")],
    [fieldOf(states, "low_at"), fieldOf(states, "low")],
    [fieldOf(states, "high_at"), fieldOf(states, "high")],
    [fieldOf(states, "closing_at"), fieldOf(states, "closing")],
  ] as const;
  for (let row = 0; row < states.length; row++) {
    const points = pairs
      .map(([at, value]) => [at[row] ?? 0, value[row] ?? 0] as const)
      .sort(([a], [b]) => a - b)
      .filter(([atMs], index, all) => index === 0 || all[index - 1]?.[0] !== atMs);
    for (const [atMs, value] of points) {
      series.push(states.series[row] ?? 0);
      timesMs.push(atMs);
      values.push(value);
    }
  }
  return {
    length: series.length,
    series: Uint32Array.from(series),
    timesMs: Float64Array.from(timesMs),
    values: Float64Array.from(values),
  };
}
