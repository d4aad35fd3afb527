import type { Budget } from "../api/types.gen.ts";

/** What a request is for, the most urgent first. */
export const LANES = ["live", "repair", "history"] as const;
export type Lane = (typeof LANES)[number];

const HOUR_MS = 3_600_000;

/** What an account was asked in one hour. */
export interface BudgetHour extends Record<Lane, number> {
  /** Begin, epoch ms. */
  readonly hourMs: number;
  /** Of all of them: answered 429. */
  readonly refusals: number;
}

/** Every hour of the span, those without requests too, the oldest first. Requests of all connections of the account count. */
export function budgetHours({ from, to, hours }: Pick<Budget, "from" | "to" | "hours">): BudgetHour[] {
  const firstMs = Math.ceil(Date.parse(from) / HOUR_MS) * HOUR_MS;
  const count = Math.max(0, Math.ceil((Date.parse(to) - firstMs) / HOUR_MS));
  const all = Array.from({ length: count }, (_, index) => ({
    hourMs: firstMs + index * HOUR_MS,
    live: 0,
    repair: 0,
    history: 0,
    refusals: 0,
  }));
  for (const { hour, lane, requests, refusals } of hours) {
    const entry = all[Math.round((Date.parse(hour) - firstMs) / HOUR_MS)];
    const known = LANES.find((each) => each === lane);
    if (!entry || !known) continue;
    entry[known] += requests;
    entry.refusals += refusals;
  }
  return all;
}

export function requestsOf(hour: BudgetHour): number {
  return hour.live + hour.repair + hour.history;
}

/** The most that all limits together allow in an hour; null where there is none. */
export function allowedPerHour(limits: Budget["limits"]): number | null {
  if (limits.length === 0) return null;
  return Math.min(...limits.map(({ requests, perMs }) => (requests * HOUR_MS) / perMs));
}

/** One lane's part of an hour's bar; heights and places in shares of the chart's height, from its top. */
export interface BarPart {
  readonly lane: Lane;
  readonly top: number;
  readonly height: number;
}

/** An hour's parts, stacked from the bottom in the order of the lanes. @param scale requests that fill the height, above 0 */
export function stacked(hour: BudgetHour, scale: number): BarPart[] {
  let below = 0;
  return LANES.flatMap((lane) => {
    if (hour[lane] === 0) return [];
    const height = hour[lane] / scale;
    below += height;
    return [{ lane, top: 1 - below, height }];
  });
}

/** The next number of the form 1, 2 or 5 × 10ⁿ: a scale that reads well. At least 10. */
export function niceScale(most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 10)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((scale) => scale >= most) ?? 10 * power;
}
