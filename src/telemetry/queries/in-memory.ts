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
  let endMs = Number.NaN;
  for (let row = 0; row < readings.length; row++) {
    const series = readings.series[row] ?? 0;
    const timeMs = readings.timesMs[row] ?? 0;
    if (timeMs < window.fromMs - aroundMs || timeMs >= window.toMs + aroundMs) continue;
    if (states.isOf(series) && timeMs < endMs) {
      states.add(timeMs, readings.values[row] ?? 0);
      continue;
    }
    const startMs = timeMs < window.fromMs ? BEFORE : timeMs >= window.toMs ? AFTER : grid.startOf(timeMs);
    endMs = startMs === BEFORE ? window.fromMs : startMs === AFTER ? Infinity : grid.endOf(startMs);
    // A step may reach over the window's end.
    if (startMs !== AFTER) endMs = Math.min(endMs, window.toMs);
    states.begin(series, startMs, timeMs, readings.values[row] ?? 0);
  }
  return states.finish();
}

class StateBuilder {
  readonly #series: number[] = [];
  readonly #startsMs: number[] = [];
  readonly #fields: readonly StateField[];
  readonly #columns: readonly number[][];
  #lastSeries = Number.NaN;
  #readings = 0;
  /** Sums with what each addition left out (Neumaier), as the engine's are. */
  #total = 0;
  #totalRest = 0;
  #area = 0;
  #areaRest = 0;
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
  }

  isOf(series: number): boolean {
    return this.#lastSeries === series;
  }

  begin(series: number, startMs: number, atMs: number, value: number): void {
    this.#end();
    this.#lastSeries = series;
    this.#series.push(series);
    this.#startsMs.push(startMs);
    this.#readings = 1;
    this.#total = this.#opening = this.#low = this.#high = this.#closing = value;
    this.#openingAtMs = this.#lowAtMs = this.#highAtMs = this.#closingAtMs = atMs;
    this.#totalRest = this.#area = this.#areaRest = this.#coveredMs = 0;
  }

  /** Joins a later reading to the last step. */
  add(atMs: number, value: number): void {
    const spanMs = atMs - this.#closingAtMs;
    if (spanMs <= GAP_MS_MAX) {
      const area = ((this.#closing + value) / 2) * spanMs;
      const areaSum = this.#area + area;
      this.#areaRest += leftOut(this.#area, area, areaSum);
      this.#area = areaSum;
      this.#coveredMs += spanMs;
    }
    this.#readings++;
    const total = this.#total + value;
    this.#totalRest += leftOut(this.#total, value, total);
    this.#total = total;
    if (value < this.#low) {
      this.#low = value;
      this.#lowAtMs = atMs;
    }
    if (value > this.#high) {
      this.#high = value;
      this.#highAtMs = atMs;
    }
    this.#closing = value;
    this.#closingAtMs = atMs;
  }

  finish(): StepStates {
    this.#end();
    return {
      length: this.#series.length,
      series: new Uint32Array(this.#series),
      startsMs: new Float64Array(this.#startsMs),
      fields: Object.fromEntries(
        this.#fields.map((field, index) => [field, new Float64Array(this.#columns[index] ?? [])]),
      ),
    };
  }

  #end(): void {
    if (this.#series.length === 0) return;
    for (let index = 0; index < this.#fields.length; index++) {
      const field = this.#fields[index];
      if (field !== undefined) this.#columns[index]?.push(this.#current(field));
    }
  }

  #current(field: StateField): number {
    switch (field) {
      case "readings":
        return this.#readings;
      case "total":
        return this.#total + this.#totalRest;
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
        return this.#area + this.#areaRest;
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
