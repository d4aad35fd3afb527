import type { StepRun } from "../queries/step-grid.ts";
import type { Across, StepAggregate } from "../store.ts";
import { joinedStates, type StateField } from "./joined-states.ts";
import type { Sources } from "./state-rows.ts";

const EACH: Readonly<Partial<Record<StepAggregate, string>>> = {
  mean: "total / readings",
  sum: "total",
  min: "low",
  max: "high",
  first: "opening",
  last: "closing",
  count: "toFloat64(readings)",
};

const OVER: Readonly<Record<Across, string>> = {
  sum: "sumKahan(each)",
  mean: "sumKahan(each) / count()",
  min: "min(each)",
  max: "max(each)",
};

/** A SELECT of start (Int64), value (Float64), series that have one (UInt64) and their readings (UInt64), a row a step, ascending. */
export function selectAcross(
  sources: Sources,
  runs: readonly StepRun[],
  fields: readonly StateField[],
  aggregate: StepAggregate,
  across: Across,
): string {
  const each = EACH[aggregate];
  if (each === undefined) throw new TypeError(`${aggregate} is made of the line through the readings`);
  return `
    SELECT start, ${OVER[across]} AS value, count() AS of, sum(readings) AS held
    FROM (SELECT start, ${each} AS each, readings FROM (${joinedStates(sources, runs, fields)}))
    GROUP BY start ORDER BY start`;
}
