import type { ReadingColumns } from "../../domain/reading.ts";
import type { StateField } from "../sql/joined-states.ts";
import {
  type AcrossColumns,
  type AcrossQuery,
  type DownsampledQuery,
  GAP_MS_MAX,
  type PointColumns,
  type ReadPlan,
  type StepColumns,
  type StepsQuery,
  type TimeWindow,
} from "../store.ts";
import { acrossOf } from "./across.ts";
import { aroundMsOf, fieldsFor, needsLine, plainSteps } from "./aggregates.ts";
import { downsampledGrid, POINT_FIELDS, pointsOf } from "./downsampled.ts";
import { lineSteps } from "./line-steps.ts";
import { gridOf, type StepGrid } from "./step-grid.ts";
import { AFTER, BEFORE, type StepStates } from "./step-states.ts";

/*
 * The queries over readings that lie in memory, by the rules of the SQL. All take readings in the order of series and time, each (series, time)
 * once, from the window and, for those that need the line, from `aroundMsOf` around it; others are passed over.
 */

const FROM_READINGS: ReadPlan = { rollup: null, rollupShare: 0 };

export function stepsInMemory(readings: ReadingColumns, query: StepsQuery): StepColumns {
  const grid = gridOf(query);
  const states = statesOf(readings, query, grid, aroundMsOf(query), fieldsFor(query));
  const steps = needsLine(query)
    ? lineSteps(states, { ...query, coverage: query.coverage ?? false }, grid)
    : plainSteps(states, query.aggregate);
  return { ...steps, plan: FROM_READINGS };
}

export function acrossInMemory(readings: ReadingColumns, query: AcrossQuery): AcrossColumns {
  return acrossOf(stepsInMemory(readings, query), query.across);
}

export function downsampledInMemory(readings: ReadingColumns, query: DownsampledQuery): PointColumns {
  return { ...pointsOf(statesOf(readings, query, downsampledGrid(query), 0, POINT_FIELDS)), plan: FROM_READINGS };
}

function statesOf(
  readings: ReadingColumns,
  window: TimeWindow,
  grid: StepGrid,
  aroundMs: number,
  fields: readonly StateField[],
): StepStates {
  const states = new StateBuilder(fields);
  const { length, series, timesMs } = readings;
  const [firstMs, lastMs] = [window.fromMs - aroundMs, window.toMs + aroundMs];
  for (let row = 0; row < length; ) {
    // Within `length` every column has a value; the fallbacks here and below are for the type only.
    const timeMs = timesMs[row] ?? 0;
    if (timeMs < firstMs || timeMs >= lastMs) {
      row++;
      continue;
    }
    const startMs = timeMs < window.fromMs ? BEFORE : timeMs >= window.toMs ? AFTER : grid.startOf(timeMs);
    let endMs = startMs === BEFORE ? window.fromMs : startMs === AFTER ? lastMs : grid.endOf(startMs);
    // A step may reach over the window's end.
    if (startMs !== AFTER) endMs = Math.min(endMs, window.toMs);
    const of = series[row];
    let to = row + 1;
    while (to < length && (timesMs[to] ?? 0) < endMs && series[to] === of) to++;
    states.take(readings, row, to, startMs);
    row = to;
  }
  return states.finish();
}

const EXTREMES: readonly StateField[] = ["low", "low_at", "high", "high_at"];

class StateBuilder {
  readonly #series: number[] = [];
  readonly #startsMs: number[] = [];
  readonly #fields: readonly StateField[];
  readonly #columns: readonly number[][];
  readonly #needsTotal: boolean;
  readonly #needsExtremes: boolean;
  readonly #needsLine: boolean;
  // Of the step at hand. Sums are made with what each addition left out (Neumaier), as the engine's are.
  #readings = 0;
  #total = 0;
  #area = 0;
  #coveredMs = 0;
  #opening = 0;
  #openingAtMs = 0;
  #low = 0;
  #lowAtMs = 0;
  #high = 0;
  #highAtMs = 0;
  #closing = 0;
  #closingAtMs = 0;

  constructor(fields: readonly StateField[]) {
    this.#fields = fields;
    this.#columns = fields.map(() => []);
    this.#needsTotal = fields.includes("total");
    this.#needsExtremes = fields.some((field) => EXTREMES.includes(field));
    this.#needsLine = fields.includes("area") || fields.includes("covered");
  }

  /** Takes the readings of one step, at least one: rows of one series, ascending. */
  take({ series, timesMs, values }: ReadingColumns, from: number, to: number, startMs: number): void {
    this.#series.push(series[from] ?? 0);
    this.#startsMs.push(startMs);
    this.#readings = to - from;
    this.#opening = values[from] ?? 0;
    this.#openingAtMs = timesMs[from] ?? 0;
    this.#closing = values[to - 1] ?? 0;
    this.#closingAtMs = timesMs[to - 1] ?? 0;
    if (this.#needsTotal) this.#takeTotal(values, from, to);
    if (this.#needsExtremes) this.#takeExtremes(timesMs, values, from, to);
    if (this.#needsLine) this.#takeLine(timesMs, values, from, to);
    for (let index = 0; index < this.#fields.length; index++) {
      const field = this.#fields[index];
      if (field !== undefined) this.#columns[index]?.push(this.#current(field));
    }
  }

  // These three work in locals: hundreds of thousands of rows pass here.

  #takeTotal(values: Float64Array, from: number, to: number): void {
    let [total, rest] = [values[from] ?? 0, 0];
    for (let row = from + 1; row < to; row++) {
      const value = values[row] ?? 0;
      const sum = total + value;
      rest += leftOut(total, value, sum);
      total = sum;
    }
    this.#total = total + rest;
  }

  #takeExtremes(timesMs: Float64Array, values: Float64Array, from: number, to: number): void {
    let [low, high] = [values[from] ?? 0, values[from] ?? 0];
    let [lowAt, highAt] = [from, from];
    for (let row = from + 1; row < to; row++) {
      const value = values[row] ?? 0;
      if (value < low) {
        low = value;
        lowAt = row;
      }
      if (value > high) {
        high = value;
        highAt = row;
      }
    }
    this.#low = low;
    this.#lowAtMs = timesMs[lowAt] ?? 0;
    this.#high = high;
    this.#highAtMs = timesMs[highAt] ?? 0;
  }

  #takeLine(timesMs: Float64Array, values: Float64Array, from: number, to: number): void {
    let [area, areaRest, coveredMs] = [0, 0, 0];
    for (let row = from + 1; row < to; row++) {
      const spanMs = (timesMs[row] ?? 0) - (timesMs[row - 1] ?? 0);
      if (spanMs > GAP_MS_MAX) continue;
      const part = (((values[row - 1] ?? 0) + (values[row] ?? 0)) / 2) * spanMs;
      const sum = area + part;
      areaRest += leftOut(area, part, sum);
      area = sum;
      coveredMs += spanMs;
    }
    this.#area = area + areaRest;
    this.#coveredMs = coveredMs;
  }

  finish(): StepStates {
    return {
      length: this.#series.length,
      series: new Uint32Array(this.#series),
      startsMs: new Float64Array(this.#startsMs),
      fields: Object.fromEntries(
        this.#fields.map((field, index) => [field, new Float64Array(this.#columns[index] ?? [])]),
      ),
    };
  }

  #current(field: StateField): number {
    switch (field) {
      case "readings":
        return this.#readings;
      case "total":
        return this.#total;
      case "low":
        return this.#low;
      case "low_at":
        return this.#lowAtMs;
      case "high":
        return this.#high;
      case "high_at":
        return this.#highAtMs;
      case "opening":
        return this.#opening;
      case "opening_at":
        return this.#openingAtMs;
      case "closing":
        return this.#closing;
      case "closing_at":
        return this.#closingAtMs;
      case "area":
        return this.#area;
      case "covered":
        return this.#coveredMs;
      case "scale":
      case "spacing":
        throw new TypeError(`${field} is for rolling up`);
    }
  }
}

/** What the sum of two numbers lost by rounding. */
function leftOut(a: number, b: number, sum: number): number {
  return Math.abs(a) >= Math.abs(b) ? a - sum + b : b - sum + a;
}
