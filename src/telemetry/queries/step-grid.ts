import type { EdgedSteps, FixedSteps, TimeWindow } from "../store.ts";

/** Steps of one width, back to back: they begin at `fromMs` and every `stepMs` after it, and the last one ends at `toMs`. */
export interface StepRun extends TimeWindow {
  readonly stepMs: number;
  /** What stands for the start of its steps, where they are no steps of the grid. */
  readonly label?: number;
}

/** Where steps begin and end. */
export interface StepGrid {
  /** Start of the step that a time lies in. */
  startOf(timeMs: number): number;
  /** End of the step that begins there. */
  endOf(startMs: number): number;
  /** The runs that touch a window, ascending; together they cover it. */
  runsIn(window: TimeWindow): readonly StepRun[];
  /** Whether every edge inside a window is a whole multiple of a width. */
  fits(widthMs: number, window: TimeWindow): boolean;
}

export function gridOf(steps: FixedSteps | EdgedSteps): StepGrid {
  return "edgesMs" in steps ? edgedGrid(steps.edgesMs) : fixedGrid(steps.stepMs, steps.originMs ?? 0);
}

/** Starts of the steps that touch a window. */
export function* startsIn(grid: StepGrid, { fromMs, toMs }: TimeWindow): Generator<number> {
  for (let startMs = grid.startOf(fromMs); startMs < toMs; startMs = grid.endOf(startMs)) yield startMs;
}

function fixedGrid(stepMs: number, originMs: number): StepGrid {
  // Exact for times and steps of whole ms, and a fifth of what a remainder of such large numbers takes.
  const startOf = (timeMs: number): number => originMs + Math.floor((timeMs - originMs) / stepMs) * stepMs;
  return {
    startOf,
    endOf: (startMs) => startMs + stepMs,
    runsIn: ({ fromMs, toMs }) => [{ fromMs: startOf(fromMs), toMs: startOf(toMs - 1) + stepMs, stepMs }],
    fits: (widthMs, { fromMs, toMs }) => {
      const firstEdgeMs = startOf(fromMs) + stepMs;
      if (firstEdgeMs >= toMs) return true;
      return firstEdgeMs % widthMs === 0 && (stepMs % widthMs === 0 || firstEdgeMs + stepMs >= toMs);
    },
  };
}

function edgedGrid(edgesMs: readonly number[]): StepGrid {
  const edge = (index: number): number => edgesMs[index] ?? Number.NaN;
  const runs: { fromMs: number; toMs: number; stepMs: number }[] = [];
  for (let index = 1; index < edgesMs.length; index++) {
    const stepMs = edge(index) - edge(index - 1);
    const run = runs.at(-1);
    if (run?.stepMs === stepMs) run.toMs = edge(index);
    else runs.push({ fromMs: edge(index - 1), toMs: edge(index), stepMs });
  }
  /** Index of the last edge that is not after a time. */
  const indexAt = (timeMs: number): number => {
    let [low, high] = [0, edgesMs.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (edge(middle) <= timeMs) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    startOf: (timeMs) => edge(indexAt(timeMs)),
    endOf: (startMs) => edge(indexAt(startMs) + 1),
    runsIn: ({ fromMs, toMs }) => runs.filter((run) => run.toMs > fromMs && run.fromMs < toMs),
    fits: (widthMs, { fromMs, toMs }) =>
      edgesMs.every((edgeMs) => edgeMs <= fromMs || edgeMs >= toMs || edgeMs % widthMs === 0),
  };
}
