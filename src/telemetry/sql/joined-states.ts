import type { StepRun } from "../queries/step-grid.ts";
import { GAP_MS_MAX } from "../store.ts";
import { type Sources, type StateColumnName, stateSource } from "./state-rows.ts";
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

/** A field's column. Not the field's own name, which is a table's column: an alias would hide it. */
export function joined(field: StateField): string {
  return `${field}_j`;
}

/** A column that is collected into an array of the step's rows, in the order of time: `low_v` as `low_vs`. */
type Collected = Exclude<StateColumnName, "scale_s" | "n" | "total_v" | "area_v" | "covered_t">;

interface FieldText {
  /** The arrays that `text` names. */
  readonly arrays?: readonly Collected[];
  /** @param of gives a column of the rows */
  readonly text: (of: (column: StateColumnName) => string) => string;
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
  readings: { text: (of) => `sum(${of("n")})` },
  total: { text: (of) => `sumKahan(${of("total_v")})` },
  low: { text: (of) => `min(${of("low_v")})` },
  high: { text: (of) => `max(${of("high_v")})` },
  low_at: {
    arrays: ["low_v", "low_t"],
    text: () => "arrayElement(low_ts, indexOf(low_vs, arrayReduce('min', low_vs)))",
  },
  high_at: {
    arrays: ["high_v", "high_t"],
    text: () => "arrayElement(high_ts, indexOf(high_vs, arrayReduce('max', high_vs)))",
  },
  opening: { text: (of) => `argMin(${of("opening_v")}, ${of("opening_t")})` },
  opening_at: { text: (of) => `min(${of("opening_t")})` },
  closing: { text: (of) => `argMax(${of("closing_v")}, ${of("closing_t")})` },
  closing_at: { text: (of) => `max(${of("closing_t")})` },
  area: {
    arrays: ["opening_v", "opening_t", "closing_v", "closing_t"],
    text: (of) =>
      `sumKahan(${of("area_v")}) + arrayReduce('sumKahan', arrayMap((a, b, c, d) -> if(b - a <= ${GAP}, (c + d) / 2 * (b - a), 0.), ${CROSSINGS}, arrayPopBack(closing_vs), arrayPopFront(opening_vs)))`,
  },
  covered: {
    arrays: ["opening_t", "closing_t"],
    text: (of) => `sum(${of("covered_t")}) + arraySum((a, b) -> if(b - a <= ${GAP}, b - a, toInt64(0)), ${CROSSINGS})`,
  },
  scale: { text: (of) => `max(${of("scale_s")})` },
  spacing: {
    arrays: ["opening_t"],
    text: () =>
      `if(arrayReduce('min', ${SPACINGS}) = arrayReduce('max', ${SPACINGS}) AND arrayElement(${SPACINGS}, 1) <= ${GAP}, arrayElement(${SPACINGS}, 1), toInt64(0))`,
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
 * A SELECT of `series`, `start` and the fields (`joined` names their columns), a row a step that has readings: the rows of each step joined in
 * the order of time. Fields of time make it collect the rows, which is dearer; the others are plain aggregates.
 *
 * It is one SELECT over one table wherever it can be: planners look at each level of nesting more than once.
 */
export function joinedStates(sources: Sources, runs: readonly StepRun[], fields: readonly StateField[]): string {
  const texts = fields.map((field) => FIELDS[field]);
  const arrays = [...new Set(texts.flatMap((text) => text.arrays ?? []))];
  const named = new Set<StateColumnName>(arrays.length > 0 ? [...arrays, "opening_t"] : []);
  for (const { text } of texts) text((column) => `${named.add(column).size}`);
  const { from, start, of } = stateSource(sources, runs, [...named]);
  const sorted = (name: Collected): string => {
    const column = sources.rollups.length === 0 ? ALIKE[name] : name;
    const times = `groupArray(${of("opening_t")})`;
    return column === "opening_t"
      ? `arraySort(${times})`
      : `arraySort((x, y) -> y, groupArray(${of(column)}), ${times})`;
  };
  const collected = arrays.map((name) => `${sorted(name)} AS ${name}s`).join(", ");
  const answer = fields.map((field) => `, ${FIELDS[field].text(of)} AS ${joined(field)}`).join("");
  return `${collected && `WITH ${collected} `}SELECT series, ${start} AS start${answer} FROM ${from} GROUP BY series, start`;
}
