import type { Across, AcrossColumns, StepColumns } from "../store.ts";

/** One number over the series for each step. */
export function acrossOf(steps: StepColumns, across: Across): AcrossColumns {
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < steps.length; row++) {
    const startMs = steps.startsMs[row] ?? 0;
    const rows = rowsOf.get(startMs);
    if (rows) rows.push(row);
    else rowsOf.set(startMs, [row]);
  }
  const ascending = [...rowsOf].sort(([a], [b]) => a - b);
  const column = (of: (rows: readonly number[]) => number): Float64Array =>
    Float64Array.from(ascending, ([, rows]) => of(rows));
  return {
    length: ascending.length,
    startsMs: Float64Array.from(ascending, ([startMs]) => startMs),
    values: column((rows) =>
      over(
        Float64Array.from(rows, (row) => steps.values[row] ?? Number.NaN),
        across,
      ),
    ),
    seriesCounts: column((rows) => rows.length),
    counts: column((rows) => rows.reduce((sum, row) => sum + (steps.counts[row] ?? 0), 0)),
    plan: steps.plan,
  };
}

function over(values: Float64Array, across: Across): number {
  const sum = (): number => values.reduce((total, value) => total + value, 0);
  switch (across) {
    case "sum":
      return sum();
    case "mean":
      return sum() / values.length;
    case "min":
      return values.reduce((low, value) => Math.min(low, value));
    case "max":
      return values.reduce((high, value) => Math.max(high, value));
  }
}
