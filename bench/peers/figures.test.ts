import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { percentile, ratios, type Sample, spreadOf } from "./figures.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });

describe("figures of several runs", () => {
  test("the median parts them into halves, whatever their order", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        const { median, least, most, count } = spreadOf(values);
        expect(count).toBe(values.length);
        expect([least, most]).toEqual([Math.min(...values), Math.max(...values)]);
        expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  test("a percentile is one of the values, with at least its share at or below", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const value = percentile(values, share);
        expect(values.some((one) => one === value)).toBe(true);
        expect(values.filter((one) => one <= value).length).toBeGreaterThanOrEqual(Math.floor(values.length * share));
      }),
    );
    expect(
      percentile(
        Array.from({ length: 100 }, (_, index) => index + 1),
        0.99,
      ),
    ).toBe(99);
  });

  test("none of them is refused, not called zero", () => {
    expect(() => spreadOf([])).toThrow(RangeError);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  test("ratios are made within a run; a run that lacks one side gives none", () => {
    const sample = (subject: string, run: number, value: number, measure = "rate"): Sample => ({
      measure,
      subject,
      run,
      value,
      unit: "lines/s",
    });
    const samples = [
      sample("ours", 1, 30),
      sample("theirs", 1, 10),
      sample("theirs", 2, 10),
      sample("ours", 3, 10),
      sample("theirs", 3, 20),
      sample("ours", 2, 99, "other"),
    ];
    expect(ratios(samples, "rate", "ours", "theirs")).toEqual([3, 0.5]);
  });
});
