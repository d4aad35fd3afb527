import { Temporal } from "temporal-polyfill";

/**
 * Days and months of a place, as UTC. A local day has 24 hours but where a clock is set; and some begin at 01:00, since the
 * clock goes forward at midnight there.
 */

/** From a day's or a month's first moment to the next one's, UTC epoch ms. */
export interface CalendarSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MONTH = /^\d{4}-\d{2}$/;
/** Temporal would also read offsets such as "+08:00" as zones; `Etc/GMT-8` says so in the database's own words. */
const ZONE = /^[A-Za-z][A-Za-z0-9._+/-]*$/;

/** Whether a text names a zone of the IANA database, as this machine has it. */
export function isTimeZone(text: string): boolean {
  if (!ZONE.test(text)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/**
 * The span of a local day; null for a text that is no `YYYY-MM-DD`, or a day that no calendar has.
 *
 * @throws RangeError for a zone that `isTimeZone` does not know
 */
export function localDay(text: string, timeZone: string): CalendarSpan | null {
  const date = DATE.test(text) ? plainDate(text) : null;
  return date && span(date, date.add({ days: 1 }), timeZone);
}

/** The span of a local month; null for a text that is no `YYYY-MM`. @throws RangeError as `localDay` */
export function localMonth(text: string, timeZone: string): CalendarSpan | null {
  const date = MONTH.test(text) ? plainDate(`${text}-01`) : null;
  return date && span(date, date.add({ months: 1 }), timeZone);
}

/** The local day (`YYYY-MM-DD`) that a moment lies in; its first 7 characters are the month. @throws RangeError as `localDay` */
export function localDateAt(timeMs: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(timeMs).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

function span(from: Temporal.PlainDate, to: Temporal.PlainDate, timeZone: string): CalendarSpan {
  const [fromMs, toMs] = [from, to].map((date) => date.toZonedDateTime(timeZone).epochMilliseconds);
  return { fromMs: fromMs ?? Number.NaN, toMs: toMs ?? Number.NaN };
}

function plainDate(text: string): Temporal.PlainDate | null {
  try {
    return Temporal.PlainDate.from(text);
  } catch {
    return null;
  }
}
