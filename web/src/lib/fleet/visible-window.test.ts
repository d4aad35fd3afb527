import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ROWS_BESIDE, visibleRows } from "./visible-window.ts";

describe("the visible rows", () => {
  test("hold every row that the window sees, and few others", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: -500_000, max: 5_000 }),
        fc.integer({ min: 1, max: 3_000 }),
        fc.integer({ min: 1, max: 100 }),
        (total, topPx, windowPx, rowPx) => {
          const { from, to } = visibleRows(total, topPx, windowPx, rowPx);
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(total);
          expect(to - from).toBeLessThanOrEqual(windowPx / rowPx + 2 + 2 * ROWS_BESIDE);
          for (let row = 0; row < total; row++) {
            const isSeen = topPx + (row + 1) * rowPx > 0 && topPx + row * rowPx < windowPx;
            if (isSeen && (row < from || row >= to)) throw new Error(`row ${row} is seen, and not there`);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("are the first ones while the list is still below the window", () => {
    expect(visibleRows(10_000, 5_000, 800, 36)).toEqual({ from: 0, to: 0 });
    expect(visibleRows(10_000, 400, 800, 40)).toEqual({ from: 0, to: 10 + ROWS_BESIDE });
  });
});
