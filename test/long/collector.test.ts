import { describe, expect, test } from "vitest";
import { liveThroughMonth } from "./collector/month.ts";

/** Seeds of a run; COLLECTOR_SEEDS (such as `1..50`) names others. */
const [from = 1, to = 5] = (process.env["COLLECTOR_SEEDS"] ?? "1..5").split("..").map(Number);
const SEEDS = Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("a month of eight processes that are killed three times an hour", () => {
  test.each(SEEDS)("seed %d: no limit is broken, and nothing that a vendor has is missing", async (seed) => {
    const { kills, held, requests: _requests, toldPerValue: _told, ...faults } = await liveThroughMonth(seed);
    expect(faults).toEqual({ overLimit: 0, insideRetryAfter: 0, missing: 0, claimedNotHeld: 0, heldNotClaimed: 0 });
    expect(kills).toBeGreaterThan(2_000);
    expect(held).toBeGreaterThan(70_000);
  });
});
