import type { StepRun } from "../queries/step-grid.ts";
import type { Across, StepAggregate } from "../store.ts";
import { joinedStates, type StateField } from "./joined-states.ts";
import { type Sources, type StateColumnName, stateRows } from "./state-rows.ts";

type PlainAggregate = Exclude<StepAggregate, "time_weighted_mean" | "integral">;

/** A step's value: of its joined state, and of a row that is a step by itself. */
const EACH: Readonly<
  Record<PlainAggregate, { readonly state: string; readonly row: string; readonly columns: readonly StateColumnName[] }>
> = {
  mean: { state: "total / readings", row: "total_v / n", columns: ["total_v"] },
  sum: { state: "total", row: "total_v", columns: ["total_v"] },
  min: { state: "low", row: "low_v", columns: ["low_v"] },
  max: { state: "high", row: "high_v", columns: ["high_v"] },
  first: { state: "opening", row: "opening_v", columns: ["opening_v"] },
  last: { state: "closing", row: "closing_v", columns: ["closing_v"] },
  count: { state: "toFloat64(readings)", row: "toFloat64(n)", columns: [] },
};

const OVER: Readonly<Record<Across, (each: string) => string>> = {
  sum: (each) => `sumKahan(${each})`,
  mean: (each) => `sumKahan(${each}) / count()`,
  min: (each) => `min(${each})`,
  max: (each) => `max(${each})`,
};

/** Aggregates that may be made over all rows of all series at once. */
const AT_ONCE: Readonly<Partial<Record<PlainAggregate, Across>>> = { sum: "sum", count: "sum", min: "min", max: "max" };

/** A SELECT of start (Int64), value (Float64), series that have one (UInt64) and their readings (UInt64), a row a step, ascending. */
export function selectAcross(
  sources: Sources,
  runs: readonly StepRun[],
  fields: readonly StateField[],
  aggregate: StepAggregate,
  across: Across,
): string {
  if (aggregate === "integral" || aggregate === "time_weighted_mean") {
    throw new TypeError(`${aggregate} is made of the line through the readings`);
  }
  const { state, row, columns } = EACH[aggregate];
  const rows = (): string => stateRows(sources, runs, ["n", ...columns]);
  // A table of all steps of all series is what takes the time: it is made only where a series' rows must be joined first.
  if (areSteps(sources, runs)) return overRows(OVER[across](row), "count()", rows());
  if (AT_ONCE[aggregate] === across) return overRows(OVER[across](row), "uniqExact(series)", rows());
  return `
    SELECT start, ${OVER[across]("each")} AS value, count() AS of, sum(readings) AS held
    FROM (SELECT start, ${state} AS each, readings FROM (${joinedStates(sources, runs, fields)}))
    GROUP BY start ORDER BY start`;
}

function overRows(value: string, seriesCount: string, rows: string): string {
  return `SELECT start, ${value} AS value, ${seriesCount} AS of, sum(n) AS held FROM (${rows}) GROUP BY start ORDER BY start`;
}

/** Whether each row is a whole step of its series. */
function areSteps({ raw, rollups }: Sources, runs: readonly StepRun[]): boolean {
  const [source, ...others] = rollups;
  const [run, ...otherRuns] = runs;
  if (raw.length > 0 || !source || !run || others.length > 0 || otherRuns.length > 0) return false;
  return run.stepMs === source.rollup.bucketMs && run.fromMs % run.stepMs === 0;
}
