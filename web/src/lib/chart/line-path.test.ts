import { expect, test } from "vitest";
import { linePath } from "./line-path.ts";

const RANGE = { fromMs: 1_000, toMs: 2_000 };
const BOX = { width: 100, height: 50 };

test("a line breaks at gaps, and a lone value is a dot", () => {
  const points = [
    [1_000, 0],
    [1_500, 10],
    [1_501, null],
    [1_600, 5],
    [1_601, null],
    [2_000, 10],
  ] as const;
  expect(linePath(points, RANGE, { min: 0, max: 10 }, BOX)).toBe("M0.0 50.0L50.0 0.0M60.0 25.0h0M100.0 0.0h0");
  expect(linePath([], RANGE, { min: 0, max: 1 }, BOX)).toBe("");
});
