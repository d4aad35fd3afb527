import { DAY_MS } from "../rollups/days.ts";
import type { Wanted } from "../rollups/planner.ts";
import type { StepAggregate, TimeWindow } from "../store.ts";
import { aroundMsOf } from "./aggregates.ts";
import { type StepGrid, startsIn } from "./step-grid.ts";

/** Steps that may be planned one by one: each makes windows of its own, and long conditions cost more than they spare. */
const PLANNED_STEPS_MAX = 64;
/** Steps from this width on are planned one by one, ms: narrower ones hold too few whole UTC days. */
const PLANNED_STEP_MS_MIN = 6 * DAY_MS;

/** What a query over a grid needs read. */
export function wantedOf(
  query: TimeWindow & {
    readonly series: readonly number[];
    readonly aggregate: StepAggregate;
    readonly coverage?: boolean;
  },
  grid: StepGrid,
): Wanted {
  const { series, fromMs, toMs } = query;
  const window = { fromMs, toMs };
  const around = aroundMsOf(query);
  const before = { fromMs: Math.max(0, fromMs - around), toMs: fromMs };
  const after = { fromMs: toMs, toMs: toMs + around };
  const steps = grid.fits(DAY_MS, window) ? null : wideSteps(grid, window);
  return {
    series: Array.from(new Set(series)),
    windows: [before, ...(steps ?? [window]), after].filter((each) => each.fromMs < each.toMs),
    fits: (bucketMs) => steps !== null || grid.fits(bucketMs, window),
    counted: window,
  };
}

/** The steps of a window, when they are few and wide: local weeks, months and years, whose edges lie within UTC days. */
function wideSteps(grid: StepGrid, window: TimeWindow): TimeWindow[] | null {
  const steps: TimeWindow[] = [];
  for (const startMs of startsIn(grid, window)) {
    const endMs = grid.endOf(startMs);
    if (endMs - startMs < PLANNED_STEP_MS_MIN || steps.length === PLANNED_STEPS_MAX) return null;
    steps.push({ fromMs: Math.max(startMs, window.fromMs), toMs: Math.min(endMs, window.toMs) });
  }
  return steps;
}
