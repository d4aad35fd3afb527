const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A length of time as a count of the unit that says it best. */
export interface Duration {
  readonly count: string;
  readonly unit: "ms" | "second" | "minute" | "hour" | "day";
}

/** At most one decimal, and none from 10 on: "1.5 min", "12 h". */
export function durationOf(durationMs: number): Duration {
  const ms = Math.max(0, durationMs);
  if (ms < SECOND_MS) return { count: rounded(ms), unit: "ms" };
  if (ms < 2 * MINUTE_MS) return { count: rounded(ms / SECOND_MS), unit: "second" };
  if (ms < 2 * HOUR_MS) return { count: rounded(ms / MINUTE_MS), unit: "minute" };
  if (ms < 2 * DAY_MS) return { count: rounded(ms / HOUR_MS), unit: "hour" };
  return { count: rounded(ms / DAY_MS), unit: "day" };
}

function rounded(count: number): string {
  const tenths = Math.round(count * 10) / 10;
  return count >= 10 ? formatCount(count) : String(tenths);
}

/** An estimate: no finer than a second. */
export function estimateOf(durationMs: number): Duration {
  return durationOf(Math.max(durationMs, SECOND_MS));
}

/** A whole number with its thousands apart: "12,345". No locale takes part, so that the server's text and the browser's agree. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}
