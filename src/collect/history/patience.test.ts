import { describe, expect, test } from "vitest";
import { FAILED_PATIENCE_MS, failedAgainAtMs, NOTHING_PATIENCE_MS_MIN, nothingAgainAtMs } from "./patience.ts";

const HOUR_MS = 3_600_000;

describe("a failure", () => {
  test.each([
    [0, 60_000],
    [1, 60_000],
    [2, 120_000],
    [5, 960_000],
    [11, 61_440_000],
    [12, FAILED_PATIENCE_MS.most],
    [1_000, FAILED_PATIENCE_MS.most],
  ])("that is the %dth in a row is waited out for %d ms", (failures, patienceMs) => {
    expect(failedAgainAtMs({ askedAtMs: 7 }, failures)).toBe(7 + patienceMs);
  });
});

describe("nothing", () => {
  const settlesAfterMs = 48 * HOUR_MS;
  const asksFrom = (firstAskedAtMs: number): number[] => {
    const agesMs = [firstAskedAtMs];
    for (let askedAtMs = firstAskedAtMs; ; ) {
      const againAtMs = nothingAgainAtMs({ toMs: 0, askedAtMs }, settlesAfterMs);
      if (againAtMs === null) return agesMs;
      expect(againAtMs).toBeGreaterThanOrEqual(askedAtMs + NOTHING_PATIENCE_MS_MIN);
      agesMs.push(againAtMs);
      askedAtMs = againAtMs;
    }
  };

  test.each([0, 1, 300_000, HOUR_MS, 47.99 * HOUR_MS])(
    "of a stretch that was asked for at the age of %d ms is asked again, seldom, and for the last time when it has settled",
    (ageMs) => {
      const agesMs = asksFrom(ageMs);
      expect(agesMs.length).toBeLessThanOrEqual(13);
      expect(agesMs.at(-1)).toBeGreaterThanOrEqual(settlesAfterMs);
      expect(agesMs.at(-1)).toBeLessThanOrEqual(settlesAfterMs + NOTHING_PATIENCE_MS_MIN);
    },
  );

  test("is final for a stretch that had settled, and one ms before not yet", () => {
    expect(nothingAgainAtMs({ toMs: 0, askedAtMs: settlesAfterMs }, settlesAfterMs)).toBeNull();
    expect(nothingAgainAtMs({ toMs: 0, askedAtMs: settlesAfterMs - 1 }, settlesAfterMs)).not.toBeNull();
  });

  test("is final at once at a vendor that changes nothing afterwards", () => {
    expect(nothingAgainAtMs({ toMs: 0, askedAtMs: 0 }, 0)).toBeNull();
  });
});
