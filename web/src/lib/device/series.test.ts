import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joinedWithinMs, linePath, type Point, stepMs, summarise, valueSpan, withGaps } from "./series.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

test.each([
  ["PT15M", 15 * MINUTE_MS],
  ["PT1H30M", 90 * MINUTE_MS],
  ["PT0.5S", 500],
  ["P1D", DAY_MS],
  ["P1DT1H", DAY_MS + 60 * MINUTE_MS],
  ["P1M", null],
  ["raw", null],
  ["P", null],
  ["PT", null],
])("a step of %s is %s ms", (step, ms) => expect(stepMs(step)).toBe(ms));

test("single readings are joined until they would be stale, buckets to their neighbour", () => {
  expect(joinedWithinMs("raw")).toBe(3 * MINUTE_MS);
  expect(joinedWithinMs("PT10S")).toBe(3 * MINUTE_MS);
  expect(joinedWithinMs("PT15M")).toBe(22.5 * MINUTE_MS);
});

const anySeries = fc
  .array(fc.record({ stepMs: fc.integer({ min: 1, max: 100 }), value: fc.option(fc.integer({ min: -50, max: 50 })) }))
  .map((steps) => {
    let timeMs = 0;
    return steps.map(({ stepMs, value }): Point => {
      timeMs += stepMs;
      return [timeMs, value];
    });
  });

describe("withGaps", () => {
  test("keeps every point, stays in order, and breaks exactly where points are too far apart", () => {
    fc.assert(
      fc.property(anySeries, fc.integer({ min: 1, max: 100 }), (points, joinedMs) => {
        const result = withGaps(points, joinedMs);
        expect(result.filter((point) => points.includes(point))).toEqual(points);
        for (let i = 1; i < result.length; i++)
          expect(result[i]?.[0] as number).toBeGreaterThan(result[i - 1]?.[0] as number);
        const far = points.filter((point, i) => i > 0 && point[0] - (points[i - 1] as Point)[0] > joinedMs).length;
        expect(result.length - points.length).toBe(far);
      }),
    );
  });
});

describe("linePath", () => {
  test("stays in its box and starts anew after each gap", () => {
    fc.assert(
      fc.property(anySeries, (points) => {
        const path = linePath(points, { fromMs: 0, toMs: 10_000 }, 100, 40);
        const numbers = path.match(/-?[\d.]+ -?[\d.]+/g) ?? [];
        expect(numbers.length).toBe(points.filter(([, value]) => value !== null).length);
        for (const pair of numbers) {
          const [x, y] = pair.split(" ").map(Number) as [number, number];
          expect(x >= 0 && x <= 100 && y >= 0 && y <= 40).toBe(true);
        }
        const runs = points.filter(([, value], i) => value !== null && (i === 0 || points[i - 1]?.[1] === null)).length;
        expect(path.split("M").length - 1).toBe(runs);
      }),
    );
  });
});

test("the span holds zero and is never empty", () => {
  expect(valueSpan([])).toEqual({ min: 0, max: 1 });
  expect(
    valueSpan([
      [0, 5],
      [1, null],
      [2, 9],
    ]),
  ).toEqual({ min: 0, max: 9 });
  expect(valueSpan([[0, -5]])).toEqual({ min: -5, max: 0 });
});

test("where only changes say something, the span is theirs", () => {
  expect(
    valueSpan(
      [
        [0, 49.9],
        [1, null],
        [2, 50.1],
      ],
      false,
    ),
  ).toEqual({ min: 49.9, max: 50.1 });
  expect(valueSpan([[0, 50]], false)).toEqual({ min: 50, max: 51 });
  expect(valueSpan([[0, null]], false)).toEqual({ min: 0, max: 1 });
});

test("the table goes by the site's own hours and days", () => {
  const at = (iso: string): number => Date.parse(iso);
  const points: Point[] = [
    [at("2026-11-20T15:30:00Z"), 10],
    [at("2026-11-20T15:45:00Z"), 30],
    [at("2026-11-20T16:00:00Z"), null],
    [at("2026-11-21T03:00:00Z"), 7],
  ];
  expect(summarise(points, "today", "Asia/Tokyo")).toEqual([
    { label: "00:00", mean: 20, min: 10, max: 30, count: 2 },
    { label: "12:00", mean: 7, min: 7, max: 7, count: 1 },
  ]);
  expect(summarise(points, "7d", "UTC").map(({ label, count }) => [label, count])).toEqual([
    ["Fri 20 Nov", 2],
    ["Sat 21 Nov", 1],
  ]);
  expect(summarise(points, "year", "UTC").map(({ label, count }) => [label, count])).toEqual([["November 2026", 3]]);
});
