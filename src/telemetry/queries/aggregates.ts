import type { StateField } from "../sql/joined-states.ts";
import { GAP_MS_MAX, type StepAggregate, type StepColumns, type StepsQuery } from "../store.ts";
import { fieldOf, type StepStates } from "./step-states.ts";

/** What an aggregate that takes readings one by one needs of a step, beside their number. */
const FIELDS_OF: Readonly<Record<StepAggregate, readonly StateField[]>> = {
  mean: ["total"],
  sum: ["total"],
  min: ["low"],
  max: ["high"],
  first: ["opening"],
  last: ["closing"],
  count: [],
  time_weighted_mean: [],
  integral: [],
};

/** What draws the line through a step's readings and on to its neighbours. */
const LINE_FIELDS: readonly StateField[] = ["area", "covered", "opening", "opening_at", "closing", "closing_at"];

/** What must be known of each step for a query. */
export function fieldsFor(query: Pick<StepsQuery, "aggregate" | "coverage">): readonly StateField[] {
  const fields: StateField[] = ["readings", ...FIELDS_OF[query.aggregate]];
  if (needsLine(query)) fields.push(...LINE_FIELDS.filter((field) => !fields.includes(field)));
  return fields;
}

/** Whether a query needs the line through the readings, and so what lies around its window. */
export function needsLine({ aggregate, coverage }: Pick<StepsQuery, "aggregate" | "coverage">): boolean {
  return aggregate === "integral" || aggregate === "time_weighted_mean" || coverage === true;
}

/** How far around its window a query reads, ms. */
export function aroundMsOf(query: Pick<StepsQuery, "aggregate" | "coverage">): number {
  return needsLine(query) ? GAP_MS_MAX : 0;
}

/** Each step's value for an aggregate that takes readings one by one. */
export function plainValues(states: StepStates, aggregate: StepAggregate): Float64Array {
  switch (aggregate) {
    case "mean": {
      const readings = fieldOf(states, "readings");
      return fieldOf(states, "total").map((total, row) => total / (readings[row] ?? Number.NaN));
    }
    case "sum":
      return fieldOf(states, "total");
    case "min":
      return fieldOf(states, "low");
    case "max":
      return fieldOf(states, "high");
    case "first":
      return fieldOf(states, "opening");
    case "last":
      return fieldOf(states, "closing");
    case "count":
      return fieldOf(states, "readings");
    case "time_weighted_mean":
    case "integral":
      throw new TypeError(`${aggregate} is made of the line through the readings`);
  }
}

/** Steps as they are answered, where no line is needed. */
export function plainSteps(states: StepStates, aggregate: StepAggregate): Omit<StepColumns, "plan"> {
  return {
    length: states.length,
    series: states.series,
    startsMs: states.startsMs,
    values: plainValues(states, aggregate),
    counts: fieldOf(states, "readings"),
    coverages: null,
  };
}
