import { localDate, localDay, localTime, localTimeWithSeconds } from "../format/zoned.ts";
import type { TimeRange } from "./range.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** An instant in a place's own words, as exact as the range it stands in: "Sat 21 Nov 2026, 14:05:09". */
export function momentText(timeMs: number, timezone: string, { fromMs, toMs }: TimeRange): string {
  return `${dayText(timeMs, timezone)}, ${clockText(timeMs, timezone, toMs - fromMs)}`;
}

function dayText(timeMs: number, timezone: string): string {
  return `${localDay(timeMs, timezone)} ${localDate(timeMs, timezone).slice(0, 4)}`;
}

function clockText(timeMs: number, timezone: string, lengthMs: number): string {
  if (lengthMs > 2 * DAY_MS) return localTime(timeMs, timezone);
  const seconds = localTimeWithSeconds(timeMs, timezone);
  if (lengthMs > MINUTE_MS) return seconds;
  return `${seconds}.${String(Math.floor(timeMs) % 1_000).padStart(3, "0")}`;
}

/** A range in a place's own words; the day once where both ends have it, and no seconds where there are none. */
export function rangeText(range: TimeRange, timezone: string): string {
  const { fromMs, toMs } = range;
  const isWhole = fromMs % MINUTE_MS === 0 && toMs % MINUTE_MS === 0;
  const clock = (timeMs: number): string =>
    isWhole ? localTime(timeMs, timezone) : clockText(timeMs, timezone, toMs - fromMs);
  const moment = (timeMs: number): string => `${dayText(timeMs, timezone)}, ${clock(timeMs)}`;
  const isOneDay = localDate(fromMs, timezone) === localDate(toMs, timezone);
  return `${moment(fromMs)} – ${isOneDay ? clock(toMs) : moment(toMs)}`;
}
