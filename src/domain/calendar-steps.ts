import { Temporal } from "temporal-polyfill";

/** Steps of a place's calendar. Weeks begin on Monday (ISO 8601). */
export const CALENDAR_STEPS = { P1D: "day", P1W: "week", P1M: "month", P1Y: "year" } as const;
export type CalendarStep = keyof typeof CALENDAR_STEPS;

export function isCalendarStep(text: string): text is CalendarStep {
  return Object.hasOwn(CALENDAR_STEPS, text);
}

const DAY_MS = 86_400_000;
const DAYS = { P1D: 1, P1W: 7 } as const;

/**
 * The edges of the local days, weeks, months or years that touch a window: UTC epoch ms, ascending, from the last at or before `fromMs` through
 * the first at or after `toMs`. A day begins at its first moment, which is 01:00 where the clock goes forward at midnight.
 *
 * @param edgesMax edges that are wanted at most
 * @returns null when there would be more
 * @throws RangeError for a zone that is not in the IANA database
 */
export function calendarEdges(
  step: CalendarStep,
  timeZone: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  edgesMax: number,
): number[] | null {
  const at = Temporal.Instant.fromEpochMilliseconds(fromMs).toZonedDateTimeISO(timeZone);
  let date = firstDate(step, at.toPlainDate());
  let begin = date.toZonedDateTime(timeZone);
  const edges = [begin.epochMilliseconds];
  for (let edgeMs = begin.epochMilliseconds; edgeMs < toMs; ) {
    if (step === "P1D" || step === "P1W") {
      const evenMs = evenUntilMs(begin);
      // Until the clock is set the next time, days have 24 hours: asking the calendar for each would take milliseconds a year.
      const stepMs = DAYS[step] * DAY_MS;
      while (edgeMs + stepMs <= evenMs && edgeMs < toMs) {
        edgeMs += stepMs;
        edges.push(edgeMs);
        date = date.add({ days: DAYS[step] });
        if (edges.length > edgesMax) return null;
      }
      if (edgeMs >= toMs) break;
    }
    date = date.add(LENGTHS[step]);
    begin = date.toZonedDateTime(timeZone);
    // A place that moved over the date line has left a date out: it began and ended at once.
    if (begin.epochMilliseconds === edgeMs) continue;
    edgeMs = begin.epochMilliseconds;
    edges.push(edgeMs);
    if (edges.length > edgesMax) return null;
  }
  return edges;
}

const LENGTHS = { P1D: { days: 1 }, P1W: { days: 7 }, P1M: { months: 1 }, P1Y: { years: 1 } } as const;

function firstDate(step: CalendarStep, date: Temporal.PlainDate): Temporal.PlainDate {
  switch (step) {
    case "P1D":
      return date;
    case "P1W":
      return date.subtract({ days: date.dayOfWeek - 1 });
    case "P1M":
      return date.with({ day: 1 });
    case "P1Y":
      return date.with({ month: 1, day: 1 });
  }
}

/** Until when days that begin as this one does have 24 hours, epoch ms: no later than this day's beginning when it is not at midnight. */
function evenUntilMs(begin: Temporal.ZonedDateTime): number {
  if (begin.hour !== 0 || begin.minute !== 0 || begin.second !== 0) return begin.epochMilliseconds;
  // A transition at the very edge of a day may move that edge.
  const next = begin.getTimeZoneTransition("next");
  return next === null ? Infinity : next.epochMilliseconds - 1;
}
