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
  const parts = formatter(timezone, "date", { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(
    timeMs,
  );
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")}`;
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

/** The first minute of the local day `days` before the one that holds `timeMs`. */
export function startOfEarlierLocalDayMs(timeMs: number, days: number, timezone: string): number {
  let startMs = startOfLocalDayMs(timeMs, timezone);
  for (let day = 0; day < days; day++) startMs = startOfLocalDayMs(startMs - MINUTE_MS, timezone);
  return startMs;
}

/** The first minute of the next local day. */
export function endOfLocalDayMs(timeMs: number, timezone: string): number {
  // Days last 22 to 26 hours: 27 h after a day's start is always in the next one, and never past it.
  return startOfLocalDayMs(startOfLocalDayMs(timeMs, timezone) + 27 * 3_600_000, timezone);
}
