import fc from "fast-check";
import { expect, test } from "vitest";
import { localDate, localTime } from "../format/zoned.ts";
import { PERIODS, parsePeriod, periodMark, periodName, periodStartsMs, SHOWN_OF_PERIOD } from "./periods.ts";

const ZONES = [
  "UTC",
  "Europe/Madrid",
  "America/Los_Angeles",
  "Asia/Kolkata",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
];
const anyTimeMs = fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) });

test("periods begin at the place's own midnight, one after another, and the last one is running", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PERIODS), anyTimeMs, fc.constantFrom(...ZONES), (period, nowMs, timezone) => {
      const starts = periodStartsMs(period, nowMs, timezone);
      expect(starts).toHaveLength(SHOWN_OF_PERIOD[period]);
      expect(starts.at(-1)).toBeLessThanOrEqual(nowMs);
      const length = { day: 10, month: 7, year: 4 }[period];
      const keys = starts.map((startMs) => localDate(startMs, timezone).slice(0, length));
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.at(-1)).toBe(localDate(nowMs, timezone).slice(0, length));
      for (const startMs of starts) expect(localTime(startMs, timezone)).toBe("00:00");
    }),
    { numRuns: 60 },
  );
});

test("the month before January is December, and days go on across a change of clocks", () => {
  const januaryMs = Date.parse("2026-01-15T12:00:00Z");
  expect(
    periodStartsMs("month", januaryMs, "Europe/Madrid")
      .map((ms) => new Date(ms).toISOString())
      .slice(-2),
  ).toEqual(["2025-11-30T23:00:00.000Z", "2025-12-31T23:00:00.000Z"]);
  const afterChangeMs = Date.parse("2026-03-30T12:00:00Z");
  expect(
    periodStartsMs("day", afterChangeMs, "Europe/Madrid")
      .map((ms) => new Date(ms).toISOString())
      .slice(-3),
  ).toEqual(["2026-03-27T23:00:00.000Z", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"]);
});

test("names", () => {
  const startMs = Date.parse("2026-11-20T23:00:00Z");
  expect(PERIODS.map((period) => periodName(period, startMs, "Europe/Madrid"))).toEqual([
    "Sat 21 Nov",
    "November 2026",
    "2026",
  ]);
  expect(PERIODS.map((period) => periodMark(period, startMs, "Europe/Madrid"))).toEqual(["21", "Nov", "2026"]);
  expect([parsePeriod("month"), parsePeriod("week"), parsePeriod(null)]).toEqual(["month", "day", "day"]);
});
