import type { StepRun } from "../queries/step-grid.ts";
import { integer } from "./text.ts";

/**
 * The start of the step that a row's time lies in, as an expression of Int64. Rows lie within the runs, so that the division is never one of
 * a negative number, which would cut towards zero. (`roundDown` with a list of edges would do, and ClickHouse 18 does not have it.)
 */
export function stepStart(column: "ts" | "bucket", runs: readonly StepRun[]): string {
  const last = runs.at(-1);
  if (!last) throw new TypeError("no steps to sort rows into");
  const before = runs.slice(0, -1).map((run) => `${column} < ${integer(run.toMs)}, ${startInRun(column, run)}`);
  return before.length === 0 ? startInRun(column, last) : `multiIf(${before.join(", ")}, ${startInRun(column, last)})`;
}

function startInRun(column: string, { fromMs, toMs, stepMs, label }: StepRun): string {
  if (label !== undefined) return `toInt64(${integer(label)})`;
  if (toMs - fromMs <= stepMs) return `toInt64(${integer(fromMs)})`;
  const step = integer(stepMs);
  // A grid that begins with the epoch needs no origin, and readings do not lie before it.
  if (fromMs % stepMs === 0) return `intDiv(${column}, ${step}) * ${step}`;
  const origin = integer(fromMs);
  return `intDiv(${column} - ${origin}, ${step}) * ${step} + ${origin}`;
}
