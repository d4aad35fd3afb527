import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PV_ACTIVE_POWER, PV_ENERGY_DAY, PV_ENERGY_MONTH } from "../../domain/metric.ts";
import { ORIGINAL_CHARS_MAX } from "../vendor.ts";
import { scaled } from "./mapping.ts";
import { latestOf, toPvEnergy, toPvPower } from "./pv.ts";

const NOW = Date.UTC(2026, 5, 21, 10);
const BERLIN = "Europe/Berlin";
const unchanged = (text: string): string => text;
const power = (rows: readonly unknown[]) => toPvPower("ESS-1", rows, NOW, unchanged);
const energy = (unit: "day" | "month", rows: readonly unknown[], zone = BERLIN) =>
  toPvEnergy("ESS-1", unit, rows, zone, NOW, unchanged);

describe("5-minute power", () => {
  test("is told at its own time in watts, oldest first", () => {
    const { readings, issues } = power([
      { time: "2026-06-21T11:55:00+02:00", value: "1200.5" },
      { time: "2026-06-21T09:50:00Z", value: 0 },
    ]);
    expect(readings.map(({ timeMs, value, metric }) => [timeMs, value, metric])).toEqual([
      [Date.UTC(2026, 5, 21, 9, 50), 0, PV_ACTIVE_POWER],
      [Date.UTC(2026, 5, 21, 9, 55), 1200.5, PV_ACTIVE_POWER],
    ]);
    expect(issues).toEqual([]);
    expect(latestOf({ readings, issues }).map(({ value }) => value)).toEqual([1200.5]);
    expect(latestOf({ readings: [], issues })).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    ["no value", { time: "2026-06-21T09:50:00Z", value: null }, "unreadable_value"],
    ["words for a value", { time: "2026-06-21T09:50:00Z", value: "--" }, "unreadable_value"],
    ["no time", { value: 1 }, "unreadable_value"],
    ["a time without a zone", { time: "2026-06-21 09:50:00", value: 1 }, "implausible_time"],
    ["a time before 2000", { time: "1999-12-31T23:59:59Z", value: 1 }, "implausible_time"],
    ["a time over a day ahead", { time: new Date(NOW + 86_400_001).toISOString(), value: 1 }, "implausible_time"],
    ["another value for a known time", { time: "2026-06-21T11:00:00+02:00", value: 2 }, "implausible_time"],
    ["null", null, "unreadable_value"],
  ])("%s is an issue, and the rest is kept", (_name, row, kind) => {
    const { readings, issues } = power([{ time: "2026-06-21T09:00:00Z", value: 1 }, row]);
    expect(readings.map(({ value }) => value)).toEqual([1]);
    expect(issues).toEqual([expect.objectContaining({ device: "ESS-1", kind, original: JSON.stringify(row) })]);
  });

  test("a row that comes twice counts once", () => {
    const row = { time: "2026-06-21T09:00:00Z", value: 1 };
    expect(power([row, row])).toMatchObject({ readings: [{ value: 1 }], issues: [] });
  });

  test("a time that is a day ahead is still taken", () => {
    expect(power([{ time: new Date(NOW + 86_400_000).toISOString(), value: 1 }]).issues).toEqual([]);
  });

  test("one broken row takes nothing from the others, and what issues keep is cleaned and cut", () => {
    const good = { time: "2026-06-21T09:00:00Z", value: 7 };
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.nat(10), (others, place) => {
        const { readings, issues } = power(others.toSpliced(place, 0, good));
        expect(readings.some(({ value }) => value === 7)).toBe(true);
        expect(issues.every(({ original }) => original.length <= ORIGINAL_CHARS_MAX)).toBe(true);
      }),
    );
    const secret = "s".repeat(50);
    const { issues } = toPvPower("ESS-1", [{ note: `${"x".repeat(180)}${secret}` }], NOW, (text) =>
      text.replaceAll(secret, "[redacted]"),
    );
    expect(issues[0]?.original).not.toContain("ss");
  });
});

describe("energy", () => {
  test("of days begins with the cabinet's own day, over a clock change too", () => {
    const { periods, readings, issues, timeZone } = energy("day", [
      { time: "2026-03-30", value: 30 },
      { time: "2026-03-29", value: 0.29 },
      { time: "2026-03-28", value: "28" },
    ]);
    expect(periods).toEqual([
      period("2026-03-28", "2026-03-27T23:00Z", "2026-03-28T23:00Z", 28_000),
      period("2026-03-29", "2026-03-28T23:00Z", "2026-03-29T22:00Z", 290),
      period("2026-03-30", "2026-03-29T22:00Z", "2026-03-30T22:00Z", 30_000),
    ]);
    expect(readings.map(({ timeMs, value }) => [timeMs, value])).toEqual(
      periods.map(({ fromMs, energyWh }) => [fromMs, energyWh]),
    );
    expect(readings.every(({ metric }) => metric === PV_ENERGY_DAY)).toBe(true);
    expect({ issues, timeZone }).toEqual({ issues: [], timeZone: BERLIN });
  });

  test("of months likewise", () => {
    const { periods, readings } = energy("month", [{ time: "2026-03", value: 1000 }]);
    expect(periods).toEqual([period("2026-03", "2026-02-28T23:00Z", "2026-03-31T22:00Z", 1_000_000)]);
    expect(readings[0]?.metric).toBe(PV_ENERGY_MONTH);
  });

  test.each<["day" | "month", string, string]>([
    ["day", "2026-03-29", "2026-03-29"],
    ["day", "2000-01-02", "2000-01-02"],
    ["day", "2026-06-22", "2026-06-22"],
    ["day", "2026-03-28T23:00:00Z", "2026-03-29"],
    ["day", "2026-03-29T00:00:00+01:00", "2026-03-29"],
    ["month", "2026-03", "2026-03"],
    ["month", "2026-03-01", "2026-03"],
    ["month", "2026-02-28T23:00:00Z", "2026-03"],
  ])("a %s may be named %s: %s", (unit, time, expected) => {
    const { periods, issues } = energy(unit, [{ time, value: 1 }]);
    expect(periods.map((one) => one.period)).toEqual([expected]);
    expect(issues).toEqual([]);
  });

  test.each<["day" | "month", string]>([
    ["day", "03-29"],
    ["day", "29"],
    ["day", "2026-03"],
    ["day", "2026-02-29"],
    ["day", "2026-03-29 00:00:00"],
    ["month", "03"],
    ["month", "2026"],
    ["month", "2026-13"],
    // A clock that was never set, and periods that have not begun.
    ["day", "0001-01-01T00:00:00Z"],
    ["day", "1999-12-31"],
    ["day", "2026-06-23"],
    ["month", "2026-07"],
  ])("a %s is not guessed from %s", (unit, time) => {
    const { periods, issues } = energy(unit, [{ time, value: 1 }]);
    expect(periods).toEqual([]);
    expect(issues).toEqual([expect.objectContaining({ kind: "implausible_time" })]);
  });

  test("two figures for one day: the first counts, and the other is told", () => {
    const rows = [1, 2, 1].map((value) => ({ time: "2026-03-29", value }));
    const { periods, issues } = energy("day", rows);
    expect(periods.map(({ energyWh }) => energyWh)).toEqual([1000]);
    expect(issues).toHaveLength(1);
  });

  function period(name: string, from: string, to: string, energyWh: number) {
    return { period: name, fromMs: Date.parse(from), toMs: Date.parse(to), energyWh };
  }
});

test("numbers are scaled exactly", () => {
  fc.assert(
    fc.property(fc.integer({ min: -10_000_000, max: 10_000_000 }), (milli) => {
      expect(scaled(milli / 1000, 3)).toBe(milli === 0 ? 0 : milli);
    }),
  );
  expect([scaled(1e21, 3), scaled(1e308, 3), scaled(Number.NaN, 0), scaled(-0, 3)]).toEqual([1e24, null, null, 0]);
});
