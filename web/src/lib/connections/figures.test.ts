import { expect, test } from "vitest";
import { durationOf, estimateOf, formatCount } from "./figures.ts";

test.each([
  [0, "0", "ms"],
  [999, "999", "ms"],
  [1_000, "1", "second"],
  [1_540, "1.5", "second"],
  [60_000, "60", "second"],
  [119_999, "120", "second"],
  [120_000, "2", "minute"],
  [5_400_000, "90", "minute"],
  [7_200_000, "2", "hour"],
  [86_400_000, "24", "hour"],
  [172_800_000, "2", "day"],
  [259_200_000_000, "3,000", "day"],
  [-5, "0", "ms"],
])("%d ms is %s of the unit %s", (durationMs, count, unit) => {
  expect(durationOf(durationMs)).toEqual({ count, unit });
});

test("an estimate is a second at least", () => {
  expect(estimateOf(40)).toEqual({ count: "1", unit: "second" });
  expect(estimateOf(1_500)).toEqual({ count: "1.5", unit: "second" });
});

test.each([
  [0, "0"],
  [999, "999"],
  [1_000, "1,000"],
  [1_234_567.4, "1,234,567"],
])("%d reads %s", (count, words) => {
  expect(formatCount(count)).toBe(words);
});
