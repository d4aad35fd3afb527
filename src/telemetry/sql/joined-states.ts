import type { StepRun } from "../queries/step-grid.ts";
import { GAP_MS_MAX } from "../store.ts";
import { type Sources, type StateColumnName, stateRows } from "./state-rows.ts";
import { integer } from "./text.ts";

/** What can be known of a step, once all its rows are joined. Times are epoch ms; `area` is value × ms. */
export type StateField =
  | "readings"
  | "total"
  | "low"
  | "low_at"
  | "high"
  | "high_at"
  | "opening"
  | "opening_at"
  | "closing"
  | "closing_at"
  | "area"
  | "covered"
  /** Decimals that all values of the rows have at most; `SCALE_OF_NUMBER` when one is no decimal. */
  | "scale"
  /** Of readings alone: the time between any two neighbours, ms; 0 where it differs, or is longer than `GAP_MS_MAX`, or there is one reading. */
  | "spacing";

/** A column that is collected into an array of the step's rows, in the order of time. */
type Collected = Exclude<StateColumnName, "scale_s" | "n" | "total_v" | "area_v" | "covered_t">;

interface FieldText {
  /** Aggregates of the rows, with the names under which `text` finds them. */
  readonly sums?: Readonly<Record<string, { readonly of: readonly StateColumnName[]; readonly text: string }>>;
  readonly arrays?: readonly Collected[];
  readonly text: string;
}

const GAP = integer(GAP_MS_MAX);
const SPACINGS = "arrayMap((a, b) -> b - a, arrayPopBack(opening_ts), arrayPopFront(opening_ts))";
/** From the closing of each row to the opening of the next. */
const CROSSINGS = "arrayPopBack(closing_ts), arrayPopFront(opening_ts)";

/*
 * Lambdas take the arrays side by side: what they would capture is copied for each element. `arrayReduce('sumKahan')`, since a step may
 * hold millions of readings, and the answer may not depend on how they are cut.
 */
const FIELDS: Readonly<Record<StateField, FieldText>> = {
  readings: { sums: { n_sum: { of: ["n"], text: "sum(n)" } }, text: "n_sum" },
  total: { sums: { total_sum: { of: ["total_v"], text: "sumKahan(total_v)" } }, text: "total_sum" },
  low: { sums: { low_min: { of: ["low_v"], text: "min(low_v)" } }, text: "low_min" },
  high: { sums: { high_max: { of: ["high_v"], text: "max(high_v)" } }, text: "high_max" },
  low_at: {
    arrays: ["low_v", "low_t"],
    text: "arrayElement(low_ts, indexOf(low_vs, arrayReduce('min', low_vs)))",
  },
  high_at: {
    arrays: ["high_v", "high_t"],
    text: "arrayElement(high_ts, indexOf(high_vs, arrayReduce('max', high_vs)))",
  },
  opening: {
    sums: { opening_first: { of: ["opening_v", "opening_t"], text: "argMin(opening_v, opening_t)" } },
    text: "opening_first",
  },
  opening_at: { sums: { opening_min: { of: ["opening_t"], text: "min(opening_t)" } }, text: "opening_min" },
  closing: {
    sums: { closing_last: { of: ["closing_v", "closing_t"], text: "argMax(closing_v, closing_t)" } },
    text: "closing_last",
  },
  closing_at: { sums: { closing_max: { of: ["closing_t"], text: "max(closing_t)" } }, text: "closing_max" },
  area: {
    sums: { area_sum: { of: ["area_v"], text: "sumKahan(area_v)" } },
    arrays: ["opening_v", "opening_t", "closing_v", "closing_t"],
    text: `area_sum + arrayReduce('sumKahan', arrayMap((a, b, c, d) -> if(b - a <= ${GAP}, (c + d) / 2 * (b - a), 0.), ${CROSSINGS}, arrayPopBack(closing_vs), arrayPopFront(opening_vs)))`,
  },
  covered: {
    sums: { covered_sum: { of: ["covered_t"], text: "sum(covered_t)" } },
    arrays: ["opening_t", "closing_t"],
    text: `covered_sum + arraySum((a, b) -> if(b - a <= ${GAP}, b - a, toInt64(0)), ${CROSSINGS})`,
  },
  scale: { sums: { scale_max: { of: ["scale_s"], text: "max(scale_s)" } }, text: "scale_max" },
  spacing: {
    arrays: ["opening_t"],
    text: `if(arrayReduce('min', ${SPACINGS}) = arrayReduce('max', ${SPACINGS}) AND arrayElement(${SPACINGS}, 1) <= ${GAP}, arrayElement(${SPACINGS}, 1), toInt64(0))`,
  },
};

/** A reading's columns are one time and one value under several names: they are collected once. */
const ALIKE: Readonly<Record<Collected, Collected>> = {
  opening_t: "opening_t",
  closing_t: "opening_t",
  low_t: "opening_t",
  high_t: "opening_t",
  opening_v: "opening_v",
  closing_v: "opening_v",
  low_v: "opening_v",
  high_v: "opening_v",
};

/**
 * A SELECT of `series`, `start` and the fields, a row a step that has readings: the rows of each step joined in the order of time. Fields of time
 * make it collect the rows, which is dearer; the others are plain aggregates.
 */
export function joinedStates(sources: Sources, runs: readonly StepRun[], fields: readonly StateField[]): string {
  const ofReadings = sources.rollups.length === 0;
  const texts = fields.map((field) => FIELDS[field]);
  const sums = Object.entries(Object.assign({}, ...texts.map((text) => text.sums)) as NonNullable<FieldText["sums"]>);
  const sortedBy = texts.some((text) => text.arrays) ? (["opening_t"] as const) : [];
  const arrays = [...new Set([...sortedBy, ...texts.flatMap((text) => text.arrays ?? [])])];
  const collected = ofReadings ? [...new Set(arrays.map((name) => ALIKE[name]))] : arrays;
  const columns = [...new Set([...sums.flatMap(([, { of }]) => of), ...collected])];
  const answer = fields.map((field) => `, ${FIELDS[field].text} AS ${field}`).join("");
  const aggregates = sums.map(([name, { text }]) => `, ${text} AS ${name}`).join("");
  const rows = stateRows(sources, runs, columns);
  if (collected.length === 0) {
    return `SELECT series, start${answer} FROM (SELECT series, start${aggregates} FROM (${rows}) GROUP BY series, start)`;
  }
  const groups = collected.map((name) => `, groupArray(${name}) AS ${name}u`).join("");
  const kept = sums.map(([name]) => `, ${name}`).join("");
  const sorted = arrays
    .map((name) => {
      const from = ofReadings ? ALIKE[name] : name;
      const text = from === "opening_t" ? "arraySort(opening_tu)" : `arraySort((x, y) -> y, ${from}u, opening_tu)`;
      return `, ${text} AS ${name}s`;
    })
    .join("");
  return `
    SELECT series, start${answer} FROM (
      SELECT series, start${kept}${sorted} FROM (
        SELECT series, start${aggregates}${groups} FROM (${rows}) GROUP BY series, start))`;
}
