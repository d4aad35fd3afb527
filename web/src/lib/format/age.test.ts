import fc from "fast-check";
import { expect, test } from "vitest";
import { ageOf, isStale } from "./age.ts";

const STALE_AFTER_MS = 180_000;

const NOW_MS = 1_800_000_000_000;

test.each([
  [0, 0, "second"],
  [999, 0, "second"],
  [59_999, 59, "second"],
  [60_000, 1, "minute"],
  [3_599_999, 59, "minute"],
  [3_600_000, 1, "hour"],
  [47 * 3_600_000, 47, "hour"],
  [48 * 3_600_000, 2, "day"],
  [-5_000, 0, "second"],
])("%d ms ago is %d %s", (ageMs, count, unit) => expect(ageOf(NOW_MS - ageMs, NOW_MS)).toEqual({ count, unit }));

test("a value is stale only after the limit, not at it", () => {
  expect(isStale(NOW_MS - STALE_AFTER_MS, NOW_MS, STALE_AFTER_MS)).toBe(false);
  expect(isStale(NOW_MS - STALE_AFTER_MS - 1, NOW_MS, STALE_AFTER_MS)).toBe(true);
});

test("an age never says more than has passed", () => {
  const unitMs = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e11 }), (ageMs) => {
      const age = ageOf(NOW_MS - ageMs, NOW_MS);
      expect(age.count * unitMs[age.unit]).toBeLessThanOrEqual(ageMs);
      expect((age.count + 1) * unitMs[age.unit]).toBeGreaterThan(ageMs);
    }),
  );
});
