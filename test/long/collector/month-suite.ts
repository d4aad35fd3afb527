import { describe, expect, test } from "vitest";
import { liveThroughMonth } from "./month.ts";

/** A month with each of these seeds; `COLLECTOR_SEEDS` (such as `1..50`) names others, which the suites share. */
export function monthSuite(seeds: readonly number[], [nth, suites]: readonly [number, number]): void {
  const [from, to] = (process.env["COLLECTOR_SEEDS"] ?? "").split("..").map(Number);
  const named = from && to ? Array.from({ length: to - from + 1 }, (_, index) => from + index) : null;
  const chosen = named?.filter((seed) => seed % suites === nth) ?? seeds;

  describe("a month of eight processes that are killed three times an hour", () => {
    test.each(chosen)("seed %d: no limit is broken, and what a vendor has is stored and known to be", async (seed) => {
      const { requests: _requests, kills, held, toldPerValue, ...faults } = await liveThroughMonth(seed);
      expect(faults).toEqual({ overLimit: 0, insideRetryAfter: 0, missing: 0, claimedNotHeld: 0, heldNotClaimed: 0 });
      expect(kills).toBeGreaterThan(2_000);
      expect(held).toBeGreaterThan(70_000);
      // Kills between storing and noting are in it.
      expect(toldPerValue).toBeLessThanOrEqual(1.02);
    });
  });
}
