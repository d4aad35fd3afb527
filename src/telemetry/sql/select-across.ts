import type { StepRun } from "../queries/step-grid.ts";
import type { Across, StepAggregate } from "../store.ts";
import { joined, joinedStates, type StateField } from "./joined-states.ts";
import { type Sources, type StateColumnName, type StateSource, stateSource } from "./state-rows.ts";

type PlainAggregate = Exclude<StepAggregate, "time_weighted_mean" | "integral">;

/** A step's value: of its joined state, and of a row that is a step by itself. */
interface StepValue {
  readonly state: string;
  readonly row: (of: StateSource["of"]) => string;
  readonly columns: readonly StateColumnName[];
}

const EACH: Readonly<Record<PlainAggregate, StepValue>> = {
  mean: {
    state: `${joined("total")} / ${joined("readings")}`,
    row: (of) => `${of("total_v")} / ${of("n")}`,
    columns: ["total_v"],
  },
  sum: { state: joined("total"), row: (of) => of("total_v"), columns: ["total_v"] },
  min: { state: joined("low"), row: (of) => of("low_v"), columns: ["low_v"] },
  max: { state: joined("high"), row: (of) => of("high_v"), columns: ["high_v"] },
  first: { state: joined("opening"), row: (of) => of("opening_v"), columns: ["opening_v"] },
  last: { state: joined("closing"), row: (of) => of("closing_v"), columns: ["closing_v"] },
  count: { state: `toFloat64(${joined("readings")})`, row: (of) => `toFloat64(${of("n")})`, columns: [] },
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
  // A table of all steps of all series is what takes the time: it is made only where a series' rows must be joined first.
  const isStep = areSteps(sources, runs);
  if (isStep || AT_ONCE[aggregate] === across) {
    const { from, start, of } = stateSource(sources, runs, ["n", ...columns]);
    // A lone step's start is a constant; grouped by that, old servers make a row of no rows.
    return `
      SELECT ${start} AS start, ${OVER[across](row(of))} AS value, ${isStep ? "count()" : "uniqExact(series)"} AS of, sum(${of("n")}) AS held
      FROM ${from} GROUP BY start HAVING count() > 0 ORDER BY start`;
  }
  return `
    SELECT start, ${OVER[across]("each")} AS value, count() AS of, sum(held_each) AS held
    FROM (SELECT start, ${state} AS each, ${joined("readings")} AS held_each FROM (${joinedStates(sources, runs, fields)}))
    GROUP BY start ORDER BY start`;
}

/** Whether each row is a whole step of its series. */
function areSteps({ raw, rollups }: Sources, runs: readonly StepRun[]): boolean {
  const [source, ...others] = rollups;
  const [run, ...otherRuns] = runs;
  if (raw.length > 0 || !source || !run || others.length > 0 || otherRuns.length > 0) return false;
  return run.stepMs === source.rollup.bucketMs && run.fromMs % run.stepMs === 0;
}
