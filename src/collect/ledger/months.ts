import type { CoverageRun } from "../../domain/coverage.ts";

/** The UTC month of a time: months since January 1970. */
export function monthOf(timeMs: number): number {
  const date = new Date(timeMs);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** Epoch ms. */
export function monthBeginMs(month: number): number {
  return Date.UTC(1970, month);
}

/** Runs by the months that they touch, cut at the edges of these; in each month in the order given. */
export function byMonth(runs: Iterable<CoverageRun>): Map<number, CoverageRun[]> {
  const months = new Map<number, CoverageRun[]>();
  for (const run of runs) {
    for (let { fromMs } = run, month = monthOf(fromMs); fromMs < run.toMs; month++) {
      const toMs = Math.min(run.toMs, monthBeginMs(month + 1));
      const part = { ...run, fromMs, toMs };
      const others = months.get(month);
      if (others) others.push(part);
      else months.set(month, [part]);
      fromMs = toMs;
    }
  }
  return months;
}
