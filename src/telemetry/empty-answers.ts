import type { ReadingColumns } from "../domain/reading.ts";
import type { AcrossColumns, PointColumns, ReadPlan, StepColumns } from "./store.ts";

/* Answers to queries of which it is known that nothing is there. */

export const NO_READINGS: ReadingColumns = {
  length: 0,
  series: new Uint32Array(0),
  timesMs: new Float64Array(0),
  values: new Float64Array(0),
  qualities: new Uint8Array(0),
};

const NOTHING_READ: ReadPlan = { rollup: null, rollupShare: 0 };

export const NO_STEPS: StepColumns = {
  length: 0,
  series: new Uint32Array(0),
  startsMs: new Float64Array(0),
  values: new Float64Array(0),
  counts: new Float64Array(0),
  coverages: new Float64Array(0),
  plan: NOTHING_READ,
};

export const NOTHING_ACROSS: AcrossColumns = {
  length: 0,
  startsMs: new Float64Array(0),
  values: new Float64Array(0),
  seriesCounts: new Float64Array(0),
  counts: new Float64Array(0),
  plan: NOTHING_READ,
};

export const NO_POINTS: PointColumns = {
  length: 0,
  series: new Uint32Array(0),
  timesMs: new Float64Array(0),
  values: new Float64Array(0),
  plan: NOTHING_READ,
};
