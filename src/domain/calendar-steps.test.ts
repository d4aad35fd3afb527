import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { CALENDAR_STEPS, type CalendarStep, calendarEdges, isCalendarStep } from "./calendar-steps.ts";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  // Clocks went forward at midnight: days that begin at 01:00.
  "America/Sao_Paulo",
  "Asia/Beirut",
  // Left out a whole day in 2011.
  "Pacific/Apia",
  "America/St_Johns",
];

function iso(edgesMs: readonly number[] | null): string[] {
  return (edgesMs ?? []).map((edgeMs) => new Date(edgeMs).toISOString().replace(":00.000Z", "Z"));
}

describe("edges of local days, weeks, months and years", () => {
  test.each<[string, CalendarStep, string, string, string, string[]]>([
    [
      "a day of 25 hours",
      "P1D",
      "Europe/Berlin",
      "2026-10-25T10:00Z",
      "2026-10-25T12:00Z",
      ["2026-10-24T22:00Z", "2026-10-25T23:00Z"],
    ],
    [
      "a day of 23.5 hours",
      "P1D",
      "Australia/Lord_Howe",
      "2026-10-03T14:00Z",
      "2026-10-03T15:00Z",
      ["2026-10-03T13:30Z", "2026-10-04T13:00Z"],
    ],
    [
      "an offset of 5:45",
      "P1D",
      "Asia/Kathmandu",
      "2026-01-01T00:00Z",
      "2026-01-01T18:15Z",
      ["2025-12-31T18:15Z", "2026-01-01T18:15Z"],
    ],
    [
      "a week that begins on Monday",
      "P1W",
      "Europe/Berlin",
      "2026-11-21T00:00Z",
      "2026-11-22T00:00Z",
      ["2026-11-15T23:00Z", "2026-11-22T23:00Z"],
    ],
    [
      "a month with a change",
      "P1M",
      "Europe/Berlin",
      "2026-10-10T00:00Z",
      "2026-10-11T00:00Z",
      ["2026-09-30T22:00Z", "2026-10-31T23:00Z"],
    ],
    [
      "a date that was left out",
      "P1D",
      "Pacific/Apia",
      "2011-12-29T12:00Z",
      "2011-12-30T12:00Z",
      ["2011-12-29T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z"],
    ],
    [
      "a year",
      "P1Y",
      "Asia/Kathmandu",
      "2026-10-10T00:00Z",
      "2026-10-11T00:00Z",
      ["2025-12-31T18:15Z", "2026-12-31T18:15Z"],
    ],
  ])("%s", (_name, step, timeZone, from, to, edges) => {
    expect(iso(calendarEdges(step, timeZone, { fromMs: Date.parse(from), toMs: Date.parse(to) }, 10))).toStrictEqual(
      edges,
    );
  });

  test("are those that the calendar gives one by one, in every zone", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(CALENDAR_STEPS) as CalendarStep[])),
        fc.constantFrom(...ZONES),
        fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2027, 0) }),
        fc.integer({ min: 1, max: 400 * 86_400_000 }),
        (step, timeZone, fromMs, spanMs) => {
          const toMs = fromMs + spanMs;
          const edges = calendarEdges(step, timeZone, { fromMs, toMs }, 1_000) ?? [];
          expect(edges[0]).toBeLessThanOrEqual(fromMs);
          expect(edges[1]).toBeGreaterThan(fromMs);
          expect(edges.at(-1)).toBeGreaterThanOrEqual(toMs);
          expect(edges.at(-2)).toBeLessThan(toMs);
          const first = Temporal.Instant.fromEpochMilliseconds(edges[0] ?? 0)
            .toZonedDateTimeISO(timeZone)
            .toPlainDate();
          // One more than there are: a date that was left out begins when the next one does.
          const oneByOne = Array.from(
            { length: edges.length + 1 },
            (_, index) =>
              first.add({ [`${CALENDAR_STEPS[step]}s`]: index }).toZonedDateTime(timeZone).epochMilliseconds,
          );
          expect(edges).toStrictEqual([...new Set(oneByOne)].slice(0, edges.length));
        },
      ),
      { numRuns: 150, examples: [["P1D", "Pacific/Apia", 1_306_630_103_531, 18_609_096_470]] },
    );
  });

  test("are refused beyond the limit, and not at it", () => {
    const window = { fromMs: Date.UTC(2026, 0), toMs: Date.UTC(2026, 0, 11) };
    expect(calendarEdges("P1D", "UTC", window, 11)).toHaveLength(11);
    expect(calendarEdges("P1D", "UTC", window, 10)).toBeNull();
    expect(calendarEdges("P1M", "UTC", { fromMs: 0, toMs: Date.UTC(2026, 0) }, 672)).toBeNull();
    expect(calendarEdges("P1M", "UTC", { fromMs: 0, toMs: Date.UTC(2026, 0) }, 673)).toHaveLength(673);
  });

  test("are told from other texts", () => {
    expect(["P1D", "P1W", "P1M", "P1Y"].every(isCalendarStep)).toBe(true);
    expect(["P2D", "PT1H", "p1d", "", "toString"].some(isCalendarStep)).toBe(false);
  });
});
