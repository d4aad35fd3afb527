import { GAP_MS_MAX, type StepAggregate, type StepColumns, type TimeWindow } from "../store.ts";
import { plainValues } from "./aggregates.ts";
import type { StepGrid } from "./step-grid.ts";
import { AFTER, BEFORE, fieldOf, type StepStates } from "./step-states.ts";

const HOUR_MS = 3_600_000;

interface LineQuery extends TimeWindow {
  readonly aggregate: StepAggregate;
  readonly coverage: boolean;
}

/**
 * Steps whose values or coverage come from the line through the readings. Each step's own area is in its state; what is added here are the
 * pieces between the last reading of one step and the first of the next, cut at every edge that they cross.
 *
 * @param states with `fieldsFor` the query, ascending, including what lies up to `GAP_MS_MAX` around the window
 */
export function lineSteps(states: StepStates, query: LineQuery, grid: StepGrid): Omit<StepColumns, "plan"> {
  const byLine = query.aggregate === "integral" || query.aggregate === "time_weighted_mean";
  const values = byLine ? null : plainValues(states, query.aggregate);
  const steps = new LineBuilder(query, grid);
  const readings = fieldOf(states, "readings");
  const area = fieldOf(states, "area");
  const covered = fieldOf(states, "covered");
  const opening = fieldOf(states, "opening");
  const openingAt = fieldOf(states, "opening_at");
  const closing = fieldOf(states, "closing");
  const closingAt = fieldOf(states, "closing_at");
  for (let row = 0; row < states.length; row++) {
    const series = states.series[row] ?? 0;
    const startMs = states.startsMs[row] ?? 0;
    if (row > 0 && states.series[row - 1] === series) {
      steps.cross(
        series,
        { atMs: closingAt[row - 1] ?? 0, value: closing[row - 1] ?? 0 },
        { atMs: openingAt[row] ?? 0, value: opening[row] ?? 0 },
      );
    }
    if (startMs === BEFORE || startMs === AFTER) continue;
    steps.add(series, startMs, area[row] ?? 0, covered[row] ?? 0);
    steps.hold(readings[row] ?? 0, values?.[row] ?? Number.NaN);
  }
  return steps.finish();
}

interface LineEnd {
  readonly atMs: number;
  readonly value: number;
}

/** Steps in the making; they come in order, and what is added last may be added to. */
class LineBuilder {
  readonly #query: LineQuery;
  readonly #grid: StepGrid;
  readonly #series: number[] = [];
  readonly #startsMs: number[] = [];
  readonly #areas: number[] = [];
  readonly #coveredMs: number[] = [];
  readonly #counts: number[] = [];
  readonly #values: number[] = [];

  constructor(query: LineQuery, grid: StepGrid) {
    this.#query = query;
    this.#grid = grid;
  }

  /** Adds area (value × ms) and covered time to a step, which is the last one or one after it. */
  add(series: number, startMs: number, area: number, coveredMs: number): void {
    const last = this.#startsMs.length - 1;
    if (this.#startsMs[last] === startMs && this.#series[last] === series) {
      this.#areas[last] = (this.#areas[last] ?? 0) + area;
      this.#coveredMs[last] = (this.#coveredMs[last] ?? 0) + coveredMs;
      return;
    }
    this.#series.push(series);
    this.#startsMs.push(startMs);
    this.#areas.push(area);
    this.#coveredMs.push(coveredMs);
    this.#counts.push(0);
    this.#values.push(Number.NaN);
  }

  /** Says what readings the last step holds. */
  hold(readings: number, value: number): void {
    this.#counts[this.#counts.length - 1] = readings;
    this.#values[this.#values.length - 1] = value;
  }

  /** The line from one reading to the next, cut at the edges of steps and of the window. */
  cross(series: number, from: LineEnd, to: LineEnd): void {
    const spanMs = to.atMs - from.atMs;
    if (spanMs > GAP_MS_MAX) return;
    const valueAt = (timeMs: number): number => {
      if (timeMs === to.atMs) return to.value;
      return from.value + (to.value - from.value) * ((timeMs - from.atMs) / spanMs);
    };
    const endMs = Math.min(to.atMs, this.#query.toMs);
    for (let atMs = Math.max(from.atMs, this.#query.fromMs); atMs < endMs; ) {
      const startMs = this.#grid.startOf(atMs);
      const untilMs = Math.min(this.#grid.endOf(startMs), endMs);
      this.add(series, startMs, ((valueAt(atMs) + valueAt(untilMs)) / 2) * (untilMs - atMs), untilMs - atMs);
      atMs = untilMs;
    }
  }

  finish(): Omit<StepColumns, "plan"> {
    const rows = Array.from(this.#startsMs.keys()).filter((row) => Number.isFinite(this.#value(row)));
    const column = (of: (row: number) => number): Float64Array => Float64Array.from(rows, of);
    return {
      length: rows.length,
      series: Uint32Array.from(rows, (row) => this.#series[row] ?? 0),
      startsMs: column((row) => this.#startsMs[row] ?? 0),
      values: column((row) => this.#value(row)),
      counts: column((row) => this.#counts[row] ?? 0),
      coverages: this.#query.coverage ? column((row) => this.#coverage(row)) : null,
    };
  }

  /** Not finite where the step has none. */
  #value(row: number): number {
    const [area, coveredMs] = [this.#areas[row] ?? 0, this.#coveredMs[row] ?? 0];
    const { aggregate } = this.#query;
    if (aggregate !== "integral" && aggregate !== "time_weighted_mean") return this.#values[row] ?? Number.NaN;
    if (coveredMs === 0) return Number.NaN;
    return area / (aggregate === "integral" ? HOUR_MS : coveredMs);
  }

  #coverage(row: number): number {
    const startMs = this.#startsMs[row] ?? 0;
    const fromMs = Math.max(startMs, this.#query.fromMs);
    const toMs = Math.min(this.#grid.endOf(startMs), this.#query.toMs);
    return Math.min(1, (this.#coveredMs[row] ?? 0) / (toMs - fromMs));
  }
}
