import { describe, expect, test } from "vitest";
import { FAILED_PATIENCE_MS, failedAgainAtMs } from "./patience.ts";

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
