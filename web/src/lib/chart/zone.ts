const formatters = new Map<string, Intl.DateTimeFormat>();

function partsFormatter(timezone: string): Intl.DateTimeFormat {
  let found = formatters.get(timezone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formatters.set(timezone, found);
  }
  return found;
}

/** What the clock on the wall says, written as if it were UTC: epoch ms. */
export function wallMs(timeMs: number, timezone: string): number {
  const fields = new Map<string, number>();
  for (const { type, value } of partsFormatter(timezone).formatToParts(timeMs)) fields.set(type, Number(value));
  const of = (type: string): number => fields.get(type) ?? 0;
  const wholeMs = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return wholeMs + (((timeMs % 1_000) + 1_000) % 1_000);
}

/** The instant at which the clock on the wall says so; where it is skipped, the same count after the hour before. */
export function instantMs(clockMs: number, timezone: string): number {
  const firstMs = clockMs - (wallMs(clockMs, timezone) - clockMs);
  return firstMs - (wallMs(firstMs, timezone) - clockMs);
}

const WEEK_MS = 7 * 86_400_000;

/** The same time on the wall a week before. */
export function weekBeforeMs(timeMs: number, timezone: string): number {
  return instantMs(wallMs(timeMs, timezone) - WEEK_MS, timezone);
}
