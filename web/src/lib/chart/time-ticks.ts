import type { TimeRange } from "./range.ts";
import { instantMs, wallMs } from "./zone.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Widths that divide what is above them, so that the marks of each stand at round times. */
const CLOCK_STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_MS),
];
const DAY_STEPS = [1, 2, 3, 7, 14];
const MONTH_STEPS = [1, 2, 3, 6];
const YEAR_STEPS = [1, 2, 5, 10, 20, 50];
/** Of a leap year, so that no step is taken for wider than it is. */
const MONTH_DAYS = 366 / 12;
/** The first Monday of the epoch: weeks are counted from it. */
const MONDAY_MS = 4 * DAY_MS;
const MONTHS_PER_YEAR = 12;

/** How far apart marks are, and with it what has to be said at each. */
export type TickStep =
  | { readonly unit: "ms"; readonly count: number }
  | { readonly unit: "day"; readonly count: number }
  | { readonly unit: "month"; readonly count: number };

export interface TimeTick {
  readonly timeMs: number;
  readonly label: string;
}

/** The narrowest step of which no more than `most` marks stand in the range. */
function stepFor({ fromMs, toMs }: TimeRange, most: number): TickStep {
  const narrowestMs = (toMs - fromMs) / most;
  const clock = CLOCK_STEPS_MS.find((stepMs) => stepMs >= narrowestMs);
  if (clock !== undefined) return { unit: "ms", count: clock };
  const days = DAY_STEPS.find((count) => count * DAY_MS >= narrowestMs);
  if (days !== undefined) return { unit: "day", count: days };
  const months = [...MONTH_STEPS, ...YEAR_STEPS.map((years) => years * MONTHS_PER_YEAR)];
  const count = months.find((each) => each * MONTH_DAYS * DAY_MS >= narrowestMs) ?? months.at(-1) ?? 1;
  return { unit: "month", count };
}

/** Marks at round times of a place, ascending. @param most how many there is room for, ≥ 1 */
export function timeTicks(range: TimeRange, timezone: string, most: number): TimeTick[] {
  const step = stepFor(range, most);
  const endMs = wallMs(range.toMs, timezone);
  const ticks: TimeTick[] = [];
  for (
    let clockMs = firstMark(wallMs(range.fromMs, timezone), step);
    clockMs <= endMs;
    clockMs = nextMark(clockMs, step)
  ) {
    const timeMs = instantMs(clockMs, timezone);
    if (timeMs >= range.fromMs && timeMs <= range.toMs) ticks.push({ timeMs, label: labelOf(clockMs, step) });
  }
  return ticks;
}

function firstMark(clockMs: number, { unit, count }: TickStep): number {
  if (unit === "ms") return Math.ceil(clockMs / count) * count;
  if (unit === "day") return Math.ceil((clockMs - MONDAY_MS) / (count * DAY_MS)) * count * DAY_MS + MONDAY_MS;
  const at = new Date(clockMs);
  const months = at.getUTCFullYear() * MONTHS_PER_YEAR + at.getUTCMonth();
  const first = Math.floor(months / count) * count;
  return Date.UTC(Math.floor(first / MONTHS_PER_YEAR), first % MONTHS_PER_YEAR, 1);
}

function nextMark(clockMs: number, { unit, count }: TickStep): number {
  if (unit !== "month") return clockMs + (unit === "day" ? count * DAY_MS : count);
  const at = new Date(clockMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + count, 1);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What the marks before do not say already: the day at midnight, the year in January. */
function labelOf(clockMs: number, { unit, count }: TickStep): string {
  const at = new Date(clockMs);
  const month = MONTHS[at.getUTCMonth()] ?? "";
  if (unit === "month") return at.getUTCMonth() === 0 ? String(at.getUTCFullYear()) : month;
  if (unit === "day" || clockMs % DAY_MS === 0) return `${at.getUTCDate()} ${month}`;
  const clock = at.toISOString().slice(11);
  if (count < SECOND_MS) return clock.slice(0, 12);
  return clock.slice(0, count < MINUTE_MS ? 8 : 5);
}
