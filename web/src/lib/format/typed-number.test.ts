import fc from "fast-check";
import { expect, test } from "vitest";
import { kilowattsText, typedNumber, wattsOfKilowatts } from "./typed-number.ts";

test.each([
  ["", null],
  ["  ", null],
  ["12", 12],
  [" 3,5 ", 3.5],
  ["−5.98", -5.98],
  [".5", 0.5],
  ["1e3", undefined],
  ["0x10", undefined],
  ["1,000.5", undefined],
  ["five", undefined],
])("%j", (text, value) => expect(typedNumber(text)).toBe(value));

test("kW of a field and back are the same W", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), (watts) => {
      expect(wattsOfKilowatts(typedNumber(kilowattsText(watts)) ?? 0)).toBe(watts);
    }),
  );
  expect(kilowattsText(null)).toBe("");
});
