import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { endOfLocalDayMs, localDate, localDay, localTime, startOfLocalDayMs, startOfOtherLocalDayMs } from "./zoned.ts";

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number): string => new Date(ms).toISOString();

describe("startOfLocalDayMs", () => {
  test.each([
    ["UTC", "2026-11-21T06:00:00Z", "2026-11-21T00:00:00.000Z"],
    ["Europe/Berlin", "2026-11-20T23:30:00Z", "2026-11-20T23:00:00.000Z"],
    ["Europe/Berlin, the day the clocks go forward", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00.000Z"],
    ["Europe/Berlin, the day the clocks go back", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00.000Z"],
    ["Asia/Kathmandu, offset of 5:45", "2026-11-21T06:00:00Z", "2026-11-20T18:15:00.000Z"],
    ["America/Santiago, a day without midnight", "2026-09-06T15:00:00Z", "2026-09-06T04:00:00.000Z"],
    ["Pacific/Kiritimati, offset of 14:00", "2026-11-21T09:59:00Z", "2026-11-20T10:00:00.000Z"],
  ])("%s", (name, time, start) => {
    const timezone = name.split(",")[0] ?? "";
    expect(iso(startOfLocalDayMs(at(time), timezone))).toBe(start);
  });

  test("lies in the same local day, and the minute before does not", () => {
    const zones = fc.constantFrom(
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kolkata",
      "America/Santiago",
    );
    fc.assert(
      fc.property(
        zones,
        fc.integer({ min: at("2020-01-01T00:00:00Z"), max: at("2030-01-01T00:00:00Z") }),
        (timezone, timeMs) => {
          const startMs = startOfLocalDayMs(timeMs, timezone);
          expect(localDate(startMs, timezone)).toBe(localDate(timeMs, timezone));
          expect(localDate(startMs - 1, timezone)).not.toBe(localDate(timeMs, timezone));
          const endMs = endOfLocalDayMs(timeMs, timezone);
          expect(localDate(endMs - 1, timezone)).toBe(localDate(timeMs, timezone));
          expect(localDate(endMs, timezone)).not.toBe(localDate(timeMs, timezone));
        },
      ),
    );
  });
});

test("so many days from a day begins the day that the calendar says", () => {
  const zones = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Pacific/Kiritimati",
  );
  fc.assert(
    fc.property(
      zones,
      fc.integer({ min: at("2015-01-01T00:00:00Z"), max: at("2030-01-01T00:00:00Z") }),
      fc.integer({ min: -800, max: 800 }),
      (timezone, timeMs, days) => {
        const startMs = startOfOtherLocalDayMs(timeMs, days, timezone);
        const inCalendar = at(localDate(timeMs, timezone)) + days * 86_400_000;
        expect(localDate(startMs, timezone)).toBe(iso(inCalendar).slice(0, 10));
        expect(startMs).toBe(startOfLocalDayMs(startMs, timezone));
      },
    ),
  );
});

test("a week of local days spans the change of clocks", () => {
  expect(iso(startOfOtherLocalDayMs(at("2026-10-28T12:00:00Z"), -6, "Europe/Berlin"))).toBe("2026-10-21T22:00:00.000Z");
});

test("times and days are the site's, not the machine's", () => {
  expect(localTime(at("2026-11-21T22:30:00Z"), "Asia/Tokyo")).toBe("07:30");
  expect(localTime(at("2026-11-21T15:00:00Z"), "Asia/Tokyo")).toBe("00:00");
  expect(localDay(at("2026-11-21T22:30:00Z"), "Asia/Tokyo")).toBe("Sun 22 Nov");
});
