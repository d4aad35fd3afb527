import { describe, expect, test } from "vitest";
import { InvalidInput } from "../domain/errors.ts";
import { checkDownsampledQuery, checkStepsQuery } from "./input-checks.ts";
import { DOWNSAMPLED_POINTS_MIN, QUERY_SERIES_MAX, STEP_EDGES_MAX } from "./store.ts";

const WINDOW = { series: [1], fromMs: 10, toMs: 20 };
const edges = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("a query", () => {
  test("names series up to a limit", () => {
    const series = (count: number) => new Array<number>(count).fill(1);
    expect(() => checkStepsQuery({ ...WINDOW, series: series(QUERY_SERIES_MAX), stepMs: 1 })).not.toThrow();
    expect(() => checkStepsQuery({ ...WINDOW, series: series(QUERY_SERIES_MAX + 1), stepMs: 1 })).toThrow(InvalidInput);
  });

  test.each([
    ["as many as there may be", edges(STEP_EDGES_MAX), true],
    ["one too many", edges(STEP_EDGES_MAX + 1), false],
    ["the window's own ends", [10, 20], true],
    ["one", [10], false],
    ["one that begins too late", [11, 20], false],
    ["one that ends too early", [10, 19], false],
    ["one twice", [0, 15, 15, 20], false],
    ["one that is no whole number", [0, 14.5, 20], false],
  ])("takes edges that make sense: %s", (_case, edgesMs, isTaken) => {
    const check = () => checkStepsQuery({ ...WINDOW, edgesMs });
    if (isTaken) expect(check).not.toThrow();
    else expect(check).toThrow(InvalidInput);
  });

  test("for a chart asks for enough points to show one", () => {
    expect(() => checkDownsampledQuery({ ...WINDOW, pointsMax: DOWNSAMPLED_POINTS_MIN })).not.toThrow();
    for (const pointsMax of [DOWNSAMPLED_POINTS_MIN - 1, 9.5, Number.NaN]) {
      expect(() => checkDownsampledQuery({ ...WINDOW, pointsMax })).toThrow(InvalidInput);
    }
  });
});
