import { localDate, localDay, localTimeWithSeconds } from "../format/zoned.ts";

const MINUTE_MS = 60_000;

/** "Sat 21 Nov 14:05", with seconds where they are not naught. */
export function timeWords(timeMs: number, timezone: string): string {
  return `${localDay(timeMs, timezone)} ${clockWords(timeMs, timezone)}`;
}

/** A stretch of time in a site's own timezone: the day is said once where both ends lie in it, and its end is 24:00. */
export function stretch(from: string, to: string, timezone: string): string {
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const start = timeWords(fromMs, timezone);
  if (localDate(fromMs, timezone) === localDate(toMs, timezone)) return `${start} – ${clockWords(toMs, timezone)}`;
  const endsDay = clockWords(toMs, timezone) === "00:00";
  if (!endsDay) return `${start} – ${timeWords(toMs, timezone)}`;
  const lastMs = toMs - 1;
  if (localDate(fromMs, timezone) === localDate(lastMs, timezone)) return `${start} – 24:00`;
  return `${start} – ${localDay(lastMs, timezone)} 24:00`;
}

function clockWords(timeMs: number, timezone: string): string {
  const words = localTimeWithSeconds(timeMs, timezone);
  return timeMs % MINUTE_MS === 0 ? words.slice(0, 5) : words;
}
