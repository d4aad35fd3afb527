import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, test } from "vitest";
import { BadUse } from "./exit-codes.ts";
import { LocalClock } from "./local-time.ts";

const HOUR_MS = 3_600_000;
const local = (text: string): number => Date.parse(`${text}Z`);
const hoursAt = (clock: LocalClock, text: string): readonly [number, number] => {
  const { firstMs, secondMs } = clock.offsetsAt(local(text));
  return [firstMs / HOUR_MS, secondMs / HOUR_MS];
};

describe("a zone's clock", () => {
  test.each([
    ["in winter", "2026-01-15T12:00", [1, 1]],
    ["in summer", "2026-07-15T12:00", [2, 2]],
    ["just before it is set forward", "2026-03-29T01:59:59.999", [1, 1]],
    ["in the hour that never was", "2026-03-29T02:00", [Number.NaN, Number.NaN]],
    ["at that hour's end", "2026-03-29T02:59:59.999", [Number.NaN, Number.NaN]],
    ["just after it", "2026-03-29T03:00", [2, 2]],
    ["just before the hour that came twice", "2026-10-25T01:59:59.999", [2, 2]],
    ["in the hour that came twice", "2026-10-25T02:00", [2, 1]],
    ["just after it", "2026-10-25T03:00", [1, 1]],
  ])("in Madrid %s", (_when, text, offsets) => {
    expect(hoursAt(new LocalClock("Europe/Madrid"), text)).toEqual(offsets);
  });

  test("is right about every minute around every change, whatever was asked before", () => {
    const zones = ["America/Denver", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "Africa/Casablanca"];
    const clocks = zones.map((zone) => new LocalClock(zone));
    const minutes = fc.array(fc.integer({ min: 0, max: 366 * 1440 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.constantFrom(...clocks), minutes, (clock, asked) => {
        for (const minute of asked) {
          const localMs = Date.UTC(2026, 0, 1) + minute * 60_000;
          const { firstMs, secondMs } = clock.offsetsAt(localMs);
          const showing = [firstMs, secondMs].filter((offset) => !Number.isNaN(offset));
          // A moment at which the clock really shows it.
          for (const offset of showing) {
            const shown = Temporal.Instant.fromEpochMilliseconds(localMs - offset).toZonedDateTimeISO(clock.zone);
            expect(shown.toPlainDateTime().toString().slice(0, 16)).toBe(new Date(localMs).toISOString().slice(0, 16));
          }
          // No moment within a day at which it does, where it says so.
          if (showing.length === 0) {
            const { epochMilliseconds } = Temporal.PlainDateTime.from(
              new Date(localMs).toISOString().slice(0, 16),
            ).toZonedDateTime(clock.zone);
            expect(clock.text(epochMilliseconds).slice(0, 16)).not.toBe(new Date(localMs).toISOString().slice(0, 16));
          }
        }
      }),
    );
  });

  test("may be a fixed offset", () => {
    expect(hoursAt(new LocalClock("-0730"), "2026-03-29T02:30")).toEqual([-7.5, -7.5]);
    expect(new LocalClock("-07:00").text(0)).toBe("1969-12-31T17:00:00.000-07:00");
  });

  test("writes moments with its offset", () => {
    expect(new LocalClock("America/Denver").text(Date.UTC(2022, 2, 18, 10, 33))).toBe("2022-03-18T04:33:00.000-06:00");
  });

  test("refuses a zone that is none", () => {
    expect(() => new LocalClock("Europe/Madird", "--tz")).toThrow(BadUse);
    expect(() => new LocalClock("Europe/Madird", "--tz")).toThrow(/^--tz must be an IANA name/);
  });
});
