import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTimeZone, localDateAt, localDay, localMonth } from "./calendar.ts";

const HOUR_MS = 3_600_000;
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "Africa/Cairo",
  "Asia/Shanghai",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Pacific/Chatham",
];
const zone = fc.constantFrom(...ZONES);
const timeMs = fc.integer({ min: Date.UTC(1995, 0, 1), max: Date.UTC(2037, 0, 1) });

describe("a local day", () => {
  test.each<[string, string, string, number]>([
    ["2026-03-28", "Europe/Berlin", "2026-03-27T23:00:00.000Z", 24],
    ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z", 23],
    ["2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00.000Z", 25],
    ["2026-04-05", "Australia/Lord_Howe", "2026-04-04T13:00:00.000Z", 24.5],
    // The clock goes from 24:00 to 01:00.
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z", 23],
    ["2024-02-29", "Asia/Kathmandu", "2024-02-28T18:15:00.000Z", 24],
  ])("%s in %s begins at %s and has %d hours", (day, timeZone, from, hours) => {
    const fromMs = Date.parse(from);
    expect(localDay(day, timeZone)).toEqual({ fromMs, toMs: fromMs + hours * HOUR_MS });
  });

  test.each(["2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026-01-01T00:00Z", "20260101", "", "today"])(
    "%j is none",
    (text) => expect(localDay(text, "UTC")).toBeNull(),
  );

  test("every moment lies in the day that it is said to lie in", () => {
    fc.assert(
      fc.property(timeMs, zone, (moment, timeZone) => {
        const day = localDay(localDateAt(moment, timeZone), timeZone);
        expect(day && day.fromMs <= moment && moment < day.toMs).toBe(true);
      }),
    );
  });

  test("a day's first moment lies in it, and the one before does not", () => {
    fc.assert(
      fc.property(timeMs, zone, (moment, timeZone) => {
        const date = localDateAt(moment, timeZone);
        const fromMs = localDay(date, timeZone)?.fromMs ?? Number.NaN;
        expect(localDateAt(fromMs, timeZone)).toBe(date);
        expect(localDateAt(fromMs - 1, timeZone) < date).toBe(true);
      }),
    );
  });
});

describe("a local month", () => {
  test("has an hour less where the clock goes forward in it", () => {
    const { fromMs, toMs } = localMonth("2026-03", "Europe/Berlin") ?? { fromMs: 0, toMs: 0 };
    expect((toMs - fromMs) / HOUR_MS).toBe(31 * 24 - 1);
  });

  test.each(["2026-13", "2026-00", "2026", "2026-01-01", ""])("%j is none", (text) => {
    expect(localMonth(text, "UTC")).toBeNull();
  });

  test("is its days, without a gap", () => {
    fc.assert(
      fc.property(timeMs, zone, (moment, timeZone) => {
        const month = localDateAt(moment, timeZone).slice(0, 7);
        const whole = localMonth(month, timeZone);
        let untilMs = whole?.fromMs;
        for (let number = 1; number <= 31; number++) {
          const day = localDay(`${month}-${String(number).padStart(2, "0")}`, timeZone);
          if (!day) break;
          // A day that a place has left out (Samoa, 2011-12-30) lasts no time.
          expect(day.fromMs).toBe(untilMs);
          untilMs = day.toMs;
        }
        expect(untilMs).toBe(whole?.toMs);
      }),
    );
  });
});

test.each<[string, boolean]>([
  ["Europe/Berlin", true],
  ["UTC", true],
  ["Etc/GMT-8", true],
  ["+08:00", false],
  ["GMT+8:00", false],
  ["Europe/Atlantis", false],
  ["", false],
  ["__proto__", false],
])("%j is a zone: %s", (text, expected) => expect(isTimeZone(text)).toBe(expected));
