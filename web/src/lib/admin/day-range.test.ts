import { describe, expect, test } from "vitest";
import { dayRangeOf, localDayStartMs } from "./day-range.ts";

const at = (iso: string): number => Date.parse(iso);

describe("a local day", () => {
  test("begins at its own midnight, from one end of the world to the other", () => {
    expect(localDayStartMs("2026-11-22", "UTC")).toBe(at("2026-11-22T00:00:00Z"));
    expect(localDayStartMs("2026-11-22", "Pacific/Kiritimati")).toBe(at("2026-11-21T10:00:00Z"));
    expect(localDayStartMs("2026-11-22", "Pacific/Pago_Pago")).toBe(at("2026-11-22T11:00:00Z"));
    expect(localDayStartMs("2026-03-29", "Europe/Madrid")).toBe(at("2026-03-28T23:00:00Z"));
  });

  test("is refused when there is none", () => {
    const none = ["", "2026-02-30x", "22.11.2026", "2026-13-01", "1969-12-31", "2011-12-30"];
    expect(none.map((day) => localDayStartMs(day, "Pacific/Apia"))).toEqual(none.map(() => null));
  });
});

describe("a range of days", () => {
  test("includes both, with changes of the clock in them", () => {
    const { range, faults } = dayRangeOf({ from: "2026-03-29", to: "2026-03-29" }, "Europe/Madrid");
    expect(range).toEqual({ fromMs: at("2026-03-28T23:00:00Z"), toMs: at("2026-03-29T22:00:00Z") });
    expect(faults).toEqual({});
  });

  test("is open where nothing is said", () => {
    expect(dayRangeOf({ from: "", to: "" }, "UTC")).toEqual({ range: { fromMs: null, toMs: null }, faults: {} });
  });

  test("names the field that is wrong", () => {
    expect(Object.keys(dayRangeOf({ from: "x", to: "2026-01-01" }, "UTC").faults)).toEqual(["from"]);
    expect(Object.keys(dayRangeOf({ from: "2026-01-02", to: "2026-01-01" }, "UTC").faults)).toEqual(["to"]);
  });
});
