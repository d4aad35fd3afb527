import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochUnitOf, leadingNumbers, readTime, type TimeFormat } from "./time-format.ts";

const ISO: TimeFormat = { kind: "iso" };
const DMY: TimeFormat = { kind: "year-last", order: "dmy" };
const MDY: TimeFormat = { kind: "year-last", order: "mdy" };
const HOUR_MS = 3_600_000;
const utc = (text: string): number => Date.parse(text);

describe("a written time", () => {
  test.each([
    ["2026-11-21T06:00:00Z", "2026-11-21T06:00:00Z", 0],
    ["2026-11-21 06:00:00+00:00", "2026-11-21T06:00:00Z", 0],
    ["2016-07-01 00:15:00-07:00", "2016-07-01T00:15:00Z", -7 * HOUR_MS],
    ["2026-11-21T06:00:00.123456+05:30", "2026-11-21T06:00:00.123Z", 5.5 * HOUR_MS],
    ["2026-11-21 06:00:00+0100", "2026-11-21T06:00:00Z", HOUR_MS],
    ["2026-11-21 06:00:00 +01", "2026-11-21T06:00:00Z", HOUR_MS],
    ["2026-11-21 06:00:00 UTC", "2026-11-21T06:00:00Z", 0],
    ["2026-11-21T06:00:00", "2026-11-21T06:00:00Z", null],
    ["2026/11/21 6:05", "2026-11-21T06:05:00Z", null],
    ["2026-11-21", "2026-11-21T00:00:00Z", null],
    ["2024-02-29 23:59:59,999", "2024-02-29T23:59:59.999Z", null],
  ])("%s is read", (text, local, offsetMs) => expect(readTime(text, ISO)).toEqual({ localMs: utc(local), offsetMs }));

  test.each([
    ["1/2/2022 0:15", MDY, "2022-01-02T00:15:00Z"],
    ["1/2/2022 0:15", DMY, "2022-02-01T00:15:00Z"],
    ["31.12.2022 23:45:10", DMY, "2022-12-31T23:45:10Z"],
    ["12/31/2022 12:00 AM", MDY, "2022-12-31T00:00:00Z"],
    ["12/31/2022 12:30 pm", MDY, "2022-12-31T12:30:00Z"],
    ["1-2-2022", DMY, "2022-02-01T00:00:00Z"],
  ])("%s is read as %o", (text, format, local) =>
    expect(readTime(text, format)).toEqual({ localMs: utc(local), offsetMs: null }),
  );

  test.each([
    ["1649941817", "s", 1_649_941_817_000],
    ["1649941817.25", "s", 1_649_941_817_250],
    ["1649941817123", "ms", 1_649_941_817_123],
    ["1649941817123456", "us", 1_649_941_817_123],
    ["1649941817123456789", "ns", 1_649_941_817_123],
  ] as const)("%s since 1970 is in %s", (text, unit, timeMs) => {
    expect(epochUnitOf(text)).toBe(unit);
    expect(readTime(text, { kind: "epoch", unit })).toEqual({ localMs: timeMs, offsetMs: 0 });
  });

  test.each([
    ["2023-02-29 00:00:00", ISO],
    ["2100-02-29T00:00:00", ISO],
    ["2026-13-01T00:00:00", ISO],
    ["2026-04-31T00:00:00", ISO],
    ["2026-04-30T24:00:00", ISO],
    ["2026-04-30T12:60:00", ISO],
    ["2026-0a-30T12:00:00", ISO],
    ["2026-04/30 12:00", ISO],
    ["2026-04-30T12:00:00+24:00", ISO],
    ["2026-04-30T12:00:00xyz", ISO],
    ["2026-04-30T12:00:00+1:000", ISO],
    ["13/31/2022 0:00", MDY],
    ["31/13/2022 0:00", DMY],
    ["1/2/2022 13:00 PM", MDY],
    ["1/2/22 0:00", MDY],
    ["", ISO],
    ["2022", ISO],
    ["12e3", { kind: "epoch", unit: "s" }],
  ] as const)("%s is none (%o)", (text, format) => expect(readTime(text, format)).toBeNull());

  test.each(["2022", "12345678", "-1649941817", "1.5", "12345678901234567890x"])("%s is no epoch", (text) =>
    expect(epochUnitOf(text)).toBeNull(),
  );

  test("every moment reads back, with any offset, in any form", () => {
    const moment = fc.date({
      min: new Date("1000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    const offsets = fc.integer({ min: -23 * 60, max: 23 * 60 });
    fc.assert(
      fc.property(moment, offsets, fc.constantFrom("T", " "), (date, minutes, between) => {
        const [day = "", clock = ""] = date.toISOString().slice(0, -1).split("T");
        const sign = minutes < 0 ? "-" : "+";
        const [h = 0, m = 0] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const zone = `${sign}${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`;
        const expected = { localMs: date.getTime(), offsetMs: minutes * 60_000 };
        expect(readTime(`${day}${between}${clock}${zone}`, ISO)).toEqual(expected);
        const whole = Math.floor(date.getTime() / 1_000) * 1_000;
        expect(readTime(`${day}${between}${clock.slice(0, 8)}${zone}`, ISO)).toEqual({ ...expected, localMs: whole });
        const [year, month, dayOfMonth] = day.split("-").map(Number);
        expect(readTime(`${dayOfMonth}/${month}/${year} ${clock}`, DMY)?.localMs).toBe(date.getTime());
        expect(readTime(`${month}/${dayOfMonth}/${year} ${clock}`, MDY)?.localMs).toBe(date.getTime());
      }),
    );
  });

  test("the numbers before the year are told", () => {
    expect(leadingNumbers("1/2/2022 0:15")).toEqual([1, 2]);
    expect(leadingNumbers("2022-01-02")).toBeNull();
  });
});
