import type { StateField } from "../sql/joined-states.ts";
import type { TimeWindow } from "../store.ts";
import type { StepGrid, StepRun } from "./step-grid.ts";

/** Steps of some series with what was asked to be known of each, ascending by series and start. */
export interface StepStates {
  readonly length: number;
  readonly series: Uint32Array;
  /** Starts of steps; `BEFORE` and `AFTER` for what lies around the window. */
  readonly startsMs: Float64Array;
  /** The fields that were asked for. */
  readonly fields: Readonly<Partial<Record<StateField, Float64Array>>>;
}

/** Stands for the start of what lies before the window: no step begins so far from all readings. */
export const BEFORE = -(2 ** 53 - 1);
/** The same for what lies after it. */
export const AFTER = 2 ** 53 - 1;

/** A field that was asked for. @throws TypeError when it was not */
export function fieldOf(states: StepStates, field: StateField): Float64Array {
  const column = states.fields[field];
  if (!column) throw new TypeError(`${field} was not asked for`);
  return column;
}

/** The runs that sort rows of a window into steps, and with `aroundMs` also what lies so far before and after it. */
export function runsAround(grid: StepGrid, window: TimeWindow, aroundMs: number): readonly StepRun[] {
  const within = grid.runsIn(window);
  if (aroundMs === 0) return within;
  const { fromMs, toMs } = window;
  const before = { fromMs: fromMs - aroundMs, toMs: fromMs, stepMs: aroundMs, label: BEFORE };
  const after = { fromMs: toMs, toMs: toMs + aroundMs, stepMs: aroundMs, label: AFTER };
  // Rows are sorted by the ends of runs, so the last one of the grid must not reach over the window's end.
  const last = within.at(-1);
  return last ? [before, ...within.slice(0, -1), { ...last, toMs }, after] : [before, after];
}

/** The rows of states in ascending order of series and start. */
export function inOrder(states: StepStates, grid: StepGrid, window: TimeWindow): StepStates {
  const order = orderOf(states, grid, window);
  if (order === null) return states;
  const picked = (column: Float64Array): Float64Array => Float64Array.from(order, (row) => column[row] ?? Number.NaN);
  return {
    length: states.length,
    series: Uint32Array.from(order, (row) => states.series[row] ?? 0),
    startsMs: picked(states.startsMs),
    fields: Object.fromEntries(Object.entries(states.fields).map(([field, column]) => [field, picked(column)])),
  };
}

/** Null when the rows are in order already. */
function orderOf({ length, series, startsMs }: StepStates, grid: StepGrid, window: TimeWindow): Uint32Array | null {
  let isSorted = true;
  for (let row = 1; row < length && isSorted; row++) {
    const difference = (series[row] ?? 0) - (series[row - 1] ?? 0) || (startsMs[row] ?? 0) - (startsMs[row - 1] ?? 0);
    isSorted = difference > 0;
  }
  if (isSorted) return null;
  const ranks = new Map(
    Array.from(new Set(series).values())
      .sort((a, b) => a - b)
      .map((each, rank) => [each, rank]),
  );
  const places = placesOf(startsMs, grid, window);
  const keys = new Float64Array(length);
  const rankWidth = places.count * length;
  if (ranks.size * rankWidth < 2 ** 53) {
    // Sorting plain numbers takes a tenth of the time of comparing rows.
    for (let row = 0; row < length; row++) {
      keys[row] = (ranks.get(series[row] ?? 0) ?? 0) * rankWidth + (places.of[row] ?? 0) * length + row;
    }
    return Uint32Array.from(keys.sort(), (key) => key % length);
  }
  return Uint32Array.from(keys.keys()).sort(
    (a, b) => (series[a] ?? 0) - (series[b] ?? 0) || (startsMs[a] ?? 0) - (startsMs[b] ?? 0),
  );
}

/** A whole number for each start that keeps their order, below `count`. */
function placesOf(startsMs: Float64Array, grid: StepGrid, window: TimeWindow): { of: Float64Array; count: number } {
  const [run, another] = grid.runsIn(window);
  if (run && another === undefined) {
    const last = (run.toMs - run.fromMs) / run.stepMs;
    const of = startsMs.map((startMs) =>
      startMs === BEFORE ? 0 : startMs === AFTER ? last + 1 : 1 + (startMs - run.fromMs) / run.stepMs,
    );
    return { of, count: last + 2 };
  }
  const distinct = Array.from(new Set(startsMs)).sort((a, b) => a - b);
  const placeOf = new Map(distinct.map((startMs, place) => [startMs, place]));
  return { of: startsMs.map((startMs) => placeOf.get(startMs) ?? 0), count: distinct.length };
}
