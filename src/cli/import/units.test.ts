import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadUse } from "../exit-codes.ts";
import { converted, guessedChange, readUnitChange, unitCode, unitOfName } from "./units.ts";

describe("the unit in a column's name", () => {
  test.each([
    ["ac_power_kw_1137", "kW"],
    ["inv2_ac_power_w__1047", "W"],
    ["inv2_dc_current__1049", "A"],
    ["inv2_dc_voltage__1048", "V"],
    ["ambient_temp__1053", "Cel"],
    ["poa_irradiance__1055", "W/m2"],
    ["poa_irradiance_refcell__1054", "W/m2"],
    ["wind_speed__1051", "m/s"],
    ["value_normalized", "1"],
    ["Power (kW)", "kW"],
    ["Energy [MWh]", "MW.h"],
    ["Temperature [°C]", "Cel"],
    ["ActivePowerKW", "kW"],
    ["energy_kWh", "kW.h"],
    ["battery soc", "%"],
    ["ac_power", null],
    ["ac_power__752", null],
    ["phase_a", null],
    ["w", null],
  ])("%s: %s", (name, code) => expect(unitOfName(name)).toBe(code));
});

describe("a change of units", () => {
  test.each([
    ["kW", { from: "kW", to: "W", conversion: { exponent: 3, multiply: 1, add: 0 } }],
    ["W", { from: "W", to: "W", conversion: null }],
    [null, { from: null, to: "1", conversion: null }],
  ])("a guessed %s is stored in the base of its quantity", (from, change) =>
    expect(guessedChange(from)).toEqual(change),
  );

  test.each([
    ["kW:W", "-2.8601", -2860.1],
    ["W:kW", "-2860.1", -2.8601],
    ["MWh:kWh", "0.1", 100],
    ["kwh:W.h", "1e-3", 1],
    ["degF:Cel", "212", 100],
    ["Cel:degF", "100", 212],
    ["K:Cel", "0", -273.15],
    ["J:W.h", "3600", 1],
    ["km/h:m/s", "36", 10],
    ["mW:W", "5", 0.005],
  ])("%s takes %s to %d", (text, from, to) => {
    const { conversion } = readUnitChange(text, "p");
    expect(conversion && converted(from, conversion)).toBeCloseTo(to, 10);
  });

  test("of powers of ten comes back to the same double", () => {
    const there = readUnitChange("kW:W", "p").conversion;
    const back = readUnitChange("W:kW", "p").conversion;
    const decimals = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(decimals, ([mantissa, scale]) => {
        const text = `${mantissa}e-${scale}`;
        const stored = there && converted(text, there);
        expect(stored).toBe(Number(`${mantissa}e${3 - scale}`));
        expect(back && converted(String(stored), back)).toBe(Number(text));
      }),
    );
  });

  test("a unit alone stays that, even one that nobody knows", () => {
    expect(readUnitChange("kW", "p")).toEqual({ from: "kW", to: "kW", conversion: null });
    expect(readUnitChange("{hearts}", "p")).toEqual({ from: "{hearts}", to: "{hearts}", conversion: null });
    expect(readUnitChange("W:W", "p")).toEqual({ from: "W", to: "W", conversion: null });
  });

  test.each(["kW:V", "kW:", ":W", "a:b:c", "", "hearts:W"])("%s is refused", (text) =>
    expect(() => readUnitChange(text, "p")).toThrow(BadUse),
  );

  test("units are known however they are written", () => {
    expect(["KW", "kw", "kW", "Wh", "°C", "W/m²", "Cel"].map(unitCode)).toEqual([
      "kW",
      "kW",
      "kW",
      "W.h",
      "Cel",
      "W/m2",
      "Cel",
    ]);
    expect(unitCode("hearts")).toBeNull();
  });
});
