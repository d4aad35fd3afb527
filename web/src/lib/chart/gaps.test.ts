import fc from "fast-check";
import { expect, test } from "vitest";
import { isolatedPlaces, joinedWithinMs, type Measured, nearestPoint, withGaps } from "./gaps.ts";

const every = (stepMs: number, count: number, fromMs = 0): Measured[] =>
  Array.from({ length: count }, (_, place) => [fromMs + place * stepMs, place]);

test("a line breaks where its own pace is broken, not where another metric's would be", () => {
  const dense = [...every(1_000, 60), ...every(1_000, 60, 600_000)];
  expect(withGaps(dense, joinedWithinMs(dense, { columnMs: 0 })).filter(([, value]) => value === null)).toEqual([
    [59_001, null],
  ]);
  const hourly = every(3_600_000, 24);
  expect(withGaps(hourly, joinedWithinMs(hourly, { columnMs: 0 }))).toEqual(hourly);
  const withHole = hourly.filter((_, hour) => hour < 6 || hour > 12);
  expect(withGaps(withHole, joinedWithinMs(withHole, { columnMs: 0 }))).toHaveLength(withHole.length + 1);
});

test("within what one column of the drawing shows nothing breaks, and a state holds for as long as it is told to", () => {
  const points: Measured[] = [
    [0, 1],
    [10, 2],
    [20, 2],
    [5_000, 3],
  ];
  expect(joinedWithinMs(points, { columnMs: 2_500 })).toBe(5_000);
  expect(joinedWithinMs(points, { columnMs: 0, heldMs: 3_600_000 })).toBe(3_600_000);
  expect(joinedWithinMs([], { columnMs: 0 })).toBe(0);
});

test("dots stand where no line reaches, also in columns that lines share", () => {
  expect(isolatedPlaces([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  expect(isolatedPlaces([undefined, 1, undefined, null, 2, undefined, 3])).toEqual([1]);
  expect(isolatedPlaces([null, undefined, 7, undefined, null])).toEqual([2]);
  expect(isolatedPlaces([])).toEqual([]);
});

test("the nearest point is the nearest, or none", () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      times,
      fc.integer({ min: -50, max: 1_050 }),
      fc.integer({ min: 0, max: 200 }),
      (list, timeMs, withinMs) => {
        const points = list.sort((a, b) => a - b).map((each): Measured => [each, each]);
        const least = Math.min(...list.map((each) => Math.abs(each - timeMs)));
        const found = nearestPoint(points, timeMs, withinMs);
        if (least > withinMs) expect(found).toBeNull();
        else expect(Math.abs((found?.[0] ?? Number.NaN) - timeMs)).toBe(least);
      },
    ),
  );
  expect(nearestPoint([], 5, 100)).toBeNull();
});
