import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatPower, formatShare, formatValue, powerQuantity } from "./power.ts";

describe("formatPower", () => {
  test.each([
    [0, "0 W"],
    [-0, "0 W"],
    [0.04, "0 W"],
    [0.5, "0.50 W"],
    [7.126, "7.13 W"],
    [9.996, "10.0 W"],
    [99.96, "100 W"],
    [324.4, "324 W"],
    [999.4, "999 W"],
    [999.6, "1.00 kW"],
    [3_240, "3.24 kW"],
    [32_400, "32.4 kW"],
    [999_600, "1.00 MW"],
    [1_234_567, "1.23 MW"],
    [4.2e9, "4.20 GW"],
    [-1_500, "−1.50 kW"],
  ])("%d W reads %s", (watts, shown) => expect(formatPower(watts)).toBe(shown));

  test("never shows more than four digits below 1000 GW, and is within 0.5 % of the value", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 9.99e11, noNaN: true }), (watts) => {
        const { digits, unit } = powerQuantity(watts);
        const scale = { W: 1, kW: 1e3, MW: 1e6, GW: 1e9 }[unit] ?? Number.NaN;
        expect(digits).toMatch(/^\d{1,3}(\.\d{1,2})?$/);
        // Below 1 W only two decimals are shown.
        expect(Math.abs(Number(digits) * scale - watts)).toBeLessThanOrEqual(Math.max(watts * 0.0051, 0.0051));
      }),
    );
  });

  test("the sign changes nothing else", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 1e11, noNaN: true }), (watts) => {
        expect(formatPower(-watts)).toBe(`−${formatPower(watts)}`);
      }),
    );
  });
});

test.each([
  [48.25, "%", "48.3 %"],
  [21, "Cel", "21.0 °C"],
  [1, "1", "1.00"],
  [12_345, "W", "12.3 kW"],
  [0, "V", "0 V"],
])("%d in %s reads %s", (value, unit, shown) => expect(formatValue(value, unit)).toBe(shown));

test("shares are whole percent", () =>
  expect([0, 0.004, 0.5, 0.996, 1.02].map(formatShare)).toEqual(["0 %", "0 %", "50 %", "100 %", "102 %"]));
