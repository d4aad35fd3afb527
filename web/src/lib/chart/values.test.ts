import fc from "fast-check";
import { expect, test } from "vitest";
import { exactText, markTexts, scaleSpan, valueMarks } from "./values.ts";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

test.each([
  [3_241.7, "W", "3.2417 kW"],
  [-1_500_000, "W", "−1.5 MW"],
  [123_456_789, "W.h", "123.46 MWh"],
  [49.98712, "Hz", "49.987 Hz"],
  [0, "W", "0 W"],
  [0.05, "1", "0.05"],
  [123_456, "1", "123456"],
  [1e-7, "A", "1.00e−7 A"],
  [-0.000_001, "W", "−1.00e−6 W"],
  [99, "V.A{reactive}", "99 var"],
])("%d %s reads %s", (value, unit, text) => expect(plain(exactText(value, unit))).toBe(text));

test("marks have as many digits as tell them apart, in one unit", () => {
  expect(markTexts([0, 500, 1_000, 1_500], "W").map(plain)).toEqual(["0.0 kW", "0.5 kW", "1.0 kW", "1.5 kW"]);
  expect(markTexts([49.98, 50, 50.02], "Hz").map(plain)).toEqual(["49.98 Hz", "50.00 Hz", "50.02 Hz"]);
  expect(markTexts([0, 2.5, 5], "%").map(plain)).toEqual(["0.0 %", "2.5 %", "5.0 %"]);
  expect(markTexts([-10, 0, 10], "Cel").map(plain)).toEqual(["−10 °C", "0 °C", "10 °C"]);
  expect(markTexts([7], "V").map(plain)).toEqual(["7 V"]);
});

test("a scale holds its values, and zero unless that would press them together", () => {
  expect(scaleSpan(null, null)).toEqual({ min: 0, max: 1 });
  expect(scaleSpan(0, 0)).toEqual({ min: 0, max: 1 });
  expect(scaleSpan(0, 100)).toEqual({ min: 0, max: 106 });
  expect(scaleSpan(-100, 0)).toEqual({ min: -106, max: 0 });
  expect(scaleSpan(50, 50)).toEqual({ min: 0, max: 53 });
  expect(scaleSpan(49.9, 50.1).min).toBeGreaterThan(49);
  const value = fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.constantFrom(0, 7));
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [least, most] = [Math.min(a, b), Math.max(a, b)];
      const { min, max } = scaleSpan(least, most);
      expect(min).toBeLessThanOrEqual(least);
      expect(max).toBeGreaterThanOrEqual(most);
      expect(max).toBeGreaterThan(min);
    }),
  );
});

test("marks are round, within the span, and no more than there is room for", () => {
  expect(valueMarks({ min: 0, max: 106 }, 5)).toEqual([0, 25, 50, 75, 100]);
  expect(valueMarks({ min: -106, max: 0 }, 3)).toEqual([-100, -50, 0]);
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      fc.integer({ min: 1, max: 10 }),
      (min, length, most) => {
        const marks = valueMarks({ min, max: min + length }, most);
        expect(marks.length).toBeLessThanOrEqual(most + 1);
        for (const mark of marks) {
          expect(mark).toBeGreaterThanOrEqual(min - length * 1e-6);
          expect(mark).toBeLessThanOrEqual(min + length * (1 + 1e-6));
        }
      },
    ),
  );
});
