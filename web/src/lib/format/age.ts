const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** An age as a count of the unit that says it best. */
export interface Age {
  readonly count: number;
  readonly unit: "second" | "minute" | "hour" | "day";
}

/** How long ago something was. A time ahead of the clock counts as now: two clocks are never quite equal. */
export function ageOf(timeMs: number, nowMs: number): Age {
  const ageMs = Math.max(0, nowMs - timeMs);
  if (ageMs < MINUTE_MS) return { count: Math.floor(ageMs / SECOND_MS), unit: "second" };
  if (ageMs < HOUR_MS) return { count: Math.floor(ageMs / MINUTE_MS), unit: "minute" };
  if (ageMs < 2 * DAY_MS) return { count: Math.floor(ageMs / HOUR_MS), unit: "hour" };
  return { count: Math.floor(ageMs / DAY_MS), unit: "day" };
}

/** Whether a value is not live: too old, or so far ahead that a clock must have been set back since. The API says `staleAfterMs`. */
export function isStale(timeMs: number, nowMs: number, staleAfterMs: number): boolean {
  return Math.abs(nowMs - timeMs) > staleAfterMs;
}
