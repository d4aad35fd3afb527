import type { Interval } from "../../domain/intervals.ts";
import type { HistoryLimits, VendorLimits } from "../../vendors/vendor.ts";

/**
 * How old a stretch of time is when it is asked for again to see whether its vendor has changed a value, or has caught up with what it had
 * not, ms; then once more when it has settled. After that it is final.
 */
export const SECOND_LOOK_AGES_MS = [3_600_000, 21_600_000, 86_400_000] as const;

/** Of a vendor's budget, as much may go to asking for what was answered already. */
export const SECOND_LOOK_SHARE = 0.05;

/** One age at which values are looked at again, and how much time is asked for at once. */
export interface SecondLook {
  readonly ageMs: number;
  readonly spanMs: number;
}

/** The looks that a vendor's values get, the youngest first; none at a vendor that changes nothing. */
export function secondLooksOf({ settlesAfterMs, windowMsMax, valuesEveryMs }: HistoryLimits): SecondLook[] {
  if (settlesAfterMs <= 0) return [];
  const agesMs = [...SECOND_LOOK_AGES_MS.filter((ageMs) => ageMs < settlesAfterMs), settlesAfterMs];
  // Not more time than the age itself, or the start of a stretch would be much older than the look is for.
  return agesMs.map((ageMs) => {
    const longestMs = Math.min(ageMs, windowMsMax);
    return { ageMs, spanMs: Math.max(valuesEveryMs, Math.floor(longestMs / valuesEveryMs) * valuesEveryMs) };
  });
}

/** What has reached a look's age since `sinceMs` and is a whole span: the oldest first, side by side on multiples of the span. */
export function* dueSpans({ ageMs, spanMs }: SecondLook, sinceMs: number, nowMs: number): Generator<Interval> {
  const untilMs = nowMs - ageMs;
  for (let fromMs = Math.ceil(sinceMs / spanMs) * spanMs; fromMs + spanMs <= untilMs; fromMs += spanMs) {
    yield { fromMs, toMs: fromMs + spanMs };
  }
}

/** From one request for what was answered already to the next, ms: as `SECOND_LOOK_SHARE` of the tightest budget has it. */
export function secondLookEveryMs({ budgets }: VendorLimits): number {
  return Math.max(0, ...budgets.map(({ requests, perMs }) => perMs / (requests * SECOND_LOOK_SHARE)));
}

/** Requests that second looks take in a day, as long as their share of the budget is enough. */
export function secondLooksPerDay(history: HistoryLimits, limits: VendorLimits, devices: number): number {
  const windows = Math.ceil(devices / history.devicesPerWindow) * history.requestsPerWindow;
  const wanted = secondLooksOf(history).reduce((sum, { spanMs }) => sum + (DAY_MS / spanMs) * windows, 0);
  const everyMs = secondLookEveryMs(limits);
  return everyMs === 0 ? wanted : Math.min(wanted, DAY_MS / everyMs);
}

const DAY_MS = 86_400_000;
