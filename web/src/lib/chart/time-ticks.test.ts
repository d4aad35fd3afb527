import fc from "fast-check";
import { expect, test } from "vitest";
import { RANGE_MS_MAX, RANGE_MS_MIN } from "./range.ts";
import { timeTicks } from "./time-ticks.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const labels = (fromMs: number, lengthMs: number, zone: string, most: number): string[] =>
  timeTicks({ fromMs, toMs: fromMs + lengthMs }, zone, most).map(({ label }) => label);

test("marks stand at round times of the place, and say no more than is new", () => {
  const midnightMs = Date.UTC(2026, 5, 20, 22);
  expect(labels(midnightMs, DAY_MS, "Europe/Madrid", 4)).toEqual(["21 Jun", "06:00", "12:00", "18:00", "22 Jun"]);
  expect(labels(Date.UTC(2026, 5, 1), 7 * DAY_MS, "UTC", 7)).toEqual([
    "1 Jun",
    "2 Jun",
    "3 Jun",
    "4 Jun",
    "5 Jun",
    "6 Jun",
    "7 Jun",
    "8 Jun",
  ]);
  expect(labels(Date.UTC(2025, 9, 15), 200 * DAY_MS, "UTC", 7)).toEqual([
    "Nov",
    "Dec",
    "2026",
    "Feb",
    "Mar",
    "Apr",
    "May",
  ]);
  expect(labels(Date.UTC(2016, 5), 3_650 * DAY_MS, "UTC", 5)).toEqual(["2018", "2020", "2022", "2024", "2026"]);
  expect(labels(Date.UTC(2026, 5, 1, 7), 1_000, "UTC", 2)).toEqual(["07:00:00.000", "07:00:00.500", "07:00:01.000"]);
  expect(labels(Date.UTC(2026, 5, 1, 7), 60_000, "UTC", 2)).toEqual(["07:00:00", "07:00:30", "07:01:00"]);
  // Weeks begin on a Monday: 1 June 2026 is one.
  expect(labels(Date.UTC(2026, 4, 30), 28 * DAY_MS, "UTC", 4)).toEqual(["1 Jun", "8 Jun", "15 Jun", "22 Jun"]);
});

test("over a change of clocks marks stay at the same hours of the wall", () => {
  // 25 October 2026 has 25 hours in Madrid.
  expect(labels(Date.UTC(2026, 9, 24, 22), 25 * HOUR_MS, "Europe/Madrid", 4)).toEqual(["25 Oct", "12:00", "26 Oct"]);
});

test("there are never many more marks than there is room for, and they ascend within the range", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: Date.UTC(2060, 0, 1) }),
      fc.integer({ min: RANGE_MS_MIN, max: RANGE_MS_MAX }),
      fc.constantFrom("UTC", "America/Santiago", "Asia/Kathmandu"),
      fc.integer({ min: 1, max: 12 }),
      (fromMs, lengthMs, zone, most) => {
        const ticks = timeTicks({ fromMs, toMs: fromMs + lengthMs }, zone, most);
        expect(ticks.length).toBeLessThanOrEqual(most + 2);
        ticks.forEach(({ timeMs }, place) => {
          expect(timeMs).toBeGreaterThanOrEqual(fromMs);
          expect(timeMs).toBeLessThanOrEqual(fromMs + lengthMs);
          if (place > 0) expect(timeMs).toBeGreaterThan(ticks[place - 1]?.timeMs ?? 0);
        });
      },
    ),
  );
});
