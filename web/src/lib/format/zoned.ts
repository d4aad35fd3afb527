/** Calendar words in a site's own timezone. The language is fixed, so that the server's text and the browser's agree. */
const LANGUAGE = "en-GB";

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timezone: string, style: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${style} ${timezone}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(LANGUAGE, { ...options, timeZone: timezone });
    formatters.set(key, found);
  }
  return found;
}

/** "2026-11-21" */
export function localDate(timeMs: number, timezone: string): string {
  // In this language "21/11/2026".
  const written = formatter(timezone, "date", { year: "numeric", month: "2-digit", day: "2-digit" }).format(timeMs);
  return `${written.slice(6)}-${written.slice(3, 5)}-${written.slice(0, 2)}`;
}

/** "14:05" */
export function localTime(timeMs: number, timezone: string): string {
  return formatter(timezone, "time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(timeMs);
}

/** "14:05:09" */
export function localTimeWithSeconds(timeMs: number, timezone: string): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  return formatter(timezone, "seconds", options).format(timeMs);
}

/** "Sat 21 Nov" */
export function localDay(timeMs: number, timezone: string): string {
  const parts = formatter(timezone, "day", { weekday: "short", day: "numeric", month: "short" }).formatToParts(timeMs);
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("weekday")} ${of("day")} ${of("month")}`;
}

/** "November 2026" */
export function localMonth(timeMs: number, timezone: string): string {
  return formatter(timezone, "month", { month: "long", year: "numeric" }).format(timeMs);
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A local day, with any change of clocks, is never longer than this. */
const LONGEST_DAY_MS = 26 * 3_600_000;

/** The first minute of the local day that holds `timeMs`, epoch ms: midnight, or where the clocks skip midnight, what comes instead. */
export function startOfLocalDayMs(timeMs: number, timezone: string): number {
  const today = localDate(timeMs, timezone);
  const isToday = (minute: number): boolean => localDate(minute * MINUTE_MS, timezone) === today;
  // On most days the clock says how long ago midnight was; it is wrong where it has been changed since then.
  const [hours = 0, minutes = 0] = localTime(timeMs, timezone).split(":").map(Number);
  const likely = Math.floor(timeMs / MINUTE_MS) - hours * 60 - minutes;
  if (isToday(likely) && !isToday(likely - 1)) return likely * MINUTE_MS;
  let before = Math.floor((timeMs - LONGEST_DAY_MS) / MINUTE_MS);
  let within = Math.floor(timeMs / MINUTE_MS);
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (isToday(middle)) within = middle;
    else before = middle;
  }
  return within * MINUTE_MS;
}

/** The first minute of the local day `days` after the one that holds `timeMs`; before it, for a negative number. */
export function startOfOtherLocalDayMs(timeMs: number, days: number, timezone: string): number {
  const startMs = startOfLocalDayMs(timeMs, timezone);
  // Twelve hours after a day's start it is noon or nearly so, and no change of clocks takes that time of day out of its day.
  return days === 0 ? startMs : startOfLocalDayMs(startMs + (days + 0.5) * DAY_MS, timezone);
}

/** The first minute of the next local day. */
export function endOfLocalDayMs(timeMs: number, timezone: string): number {
  return startOfOtherLocalDayMs(timeMs, 1, timezone);
}
