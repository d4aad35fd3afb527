import fc from "fast-check";
import { expect, test } from "vitest";
import { clamped, panned, RANGE_MS_MAX, RANGE_MS_MIN, type TimeRange, zoomed, zoomedOut } from "./range.ts";

const NOW_MS = Date.UTC(2026, 5, 21, 12);
const HOUR_MS = 3_600_000;

const range = fc
  .record({
    fromMs: fc.integer({ min: 0, max: NOW_MS }),
    lengthMs: fc.integer({ min: RANGE_MS_MIN, max: 10 * 365 * 24 * HOUR_MS }),
  })
  .map(({ fromMs, lengthMs }): TimeRange => ({ fromMs, toMs: fromMs + lengthMs }));

test("a range is never shorter than a second, longer than fifty years or before 1970", () => {
  expect(clamped({ fromMs: NOW_MS, toMs: NOW_MS + RANGE_MS_MIN })).toEqual({
    fromMs: NOW_MS,
    toMs: NOW_MS + RANGE_MS_MIN,
  });
  expect(clamped({ fromMs: NOW_MS, toMs: NOW_MS + RANGE_MS_MIN - 2 })).toEqual({
    fromMs: NOW_MS - 1,
    toMs: NOW_MS + RANGE_MS_MIN - 1,
  });
  expect(clamped({ fromMs: 0, toMs: RANGE_MS_MAX })).toEqual({ fromMs: 0, toMs: RANGE_MS_MAX });
  const longest = clamped({ fromMs: 0, toMs: RANGE_MS_MAX + 10 });
  expect(longest.toMs - longest.fromMs).toBe(RANGE_MS_MAX);
  expect(clamped({ fromMs: -HOUR_MS, toMs: HOUR_MS })).toEqual({ fromMs: 0, toMs: 2 * HOUR_MS });
});

test("what is under the pointer stays there while zooming", () => {
  fc.assert(
    fc.property(range, fc.double({ min: 0, max: 1, noNaN: true }), (shown, share) => {
      const near = zoomed(shown, 0.5, share);
      const atMs = shown.fromMs + (shown.toMs - shown.fromMs) * share;
      const placeMs = near.fromMs + (near.toMs - near.fromMs) * share;
      expect(Math.abs(placeMs - atMs)).toBeLessThanOrEqual(2);
      expect(near.toMs - near.fromMs).toBeGreaterThanOrEqual(RANGE_MS_MIN);
    }),
  );
});

test("zooming out shows no more of the future, and the whole of what was shown", () => {
  fc.assert(
    fc.property(range, (shown) => {
      const wide = zoomedOut(shown, NOW_MS);
      expect(wide.toMs).toBeLessThanOrEqual(Math.max(NOW_MS, shown.toMs) + 1);
      expect(wide.fromMs).toBeLessThanOrEqual(shown.fromMs);
      expect(wide.toMs).toBeGreaterThanOrEqual(shown.toMs - 1);
    }),
  );
  expect(zoomedOut({ fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS }, NOW_MS)).toEqual({
    fromMs: NOW_MS - 3 * HOUR_MS,
    toMs: NOW_MS,
  });
});

test("panning keeps the length, at the beginning of time too", () => {
  expect(panned({ fromMs: HOUR_MS, toMs: 2 * HOUR_MS }, -3 * HOUR_MS)).toEqual({ fromMs: 0, toMs: HOUR_MS });
});
