import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS, daysOfMonth, dayText, Zone } from "./calendar.ts";

const HOUR_MS = 3_600_000;
const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Sydney"].map((name) => new Zone(name));
const dayOf = (text: string): number => Date.parse(text) / DAY_MS;

describe("a day of a timezone", () => {
  // The dates of the changes of 2026 are those of the IANA database.
  test.each([
    ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z", 23],
    ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z", 25],
    ["America/New_York", "2026-03-08", "2026-03-08T05:00:00.000Z", 23],
    ["America/New_York", "2026-11-01", "2026-11-01T04:00:00.000Z", 25],
    ["Australia/Sydney", "2026-04-05", "2026-04-04T13:00:00.000Z", 25],
    ["Australia/Sydney", "2026-10-04", "2026-10-03T14:00:00.000Z", 23],
    ["Australia/Sydney", "2026-01-15", "2026-01-14T13:00:00.000Z", 24],
  ])("%s, %s begins at %s and has %i hours", (name, day, start, hours) => {
    const zone = new Zone(name);
    const startMs = zone.startOfDayMs(dayOf(day));
    expect(new Date(startMs).toISOString()).toBe(start);
    expect(zone.startOfDayMs(dayOf(day) + 1) - startMs).toBe(hours * HOUR_MS);
  });

  test("holds every instant from its start to the next day's, in any zone and year", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: Date.UTC(2015), max: Date.UTC(2035) }),
        (zone, timeMs) => {
          const day = zone.dayAt(timeMs);
          expect(zone.startOfDayMs(day)).toBeLessThanOrEqual(timeMs);
          expect(zone.startOfDayMs(day + 1)).toBeGreaterThan(timeMs);
          expect(zone.dayAt(zone.startOfDayMs(day))).toBe(day);
          expect(zone.dayAt(zone.startOfDayMs(day) - 1)).toBe(day - 1);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

test.each([
  [2026, 2, 28, "2026-02-01", "2026-02-28"],
  [2028, 2, 29, "2028-02-01", "2028-02-29"],
  [2026, 12, 31, "2026-12-01", "2026-12-31"],
])("month %i-%i has %i days", (year, month, count, first, last) => {
  const days = daysOfMonth(year, month);
  expect(days).toHaveLength(count);
  expect([dayText(days[0] ?? 0), dayText(days.at(-1) ?? 0)]).toEqual([first, last]);
});
