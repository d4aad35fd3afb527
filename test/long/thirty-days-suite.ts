import { describe, expect, test } from "vitest";
import type { VendorHarness } from "../../src/vendors/contract-scene.ts";
import { DAYS, thirtyDays } from "./thirty-days.ts";

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
/** Calls in an outage, as a share of those of normal times. */
const OUTAGE_SHARE_MAX = 0.05;

/** Thirty simulated days with each of twenty seeds. */
export function thirtyDaysSuite(harness: VendorHarness): void {
  describe(`${DAYS} days of ${harness.definition.title}`, () => {
    test.each(SEEDS)("with seed %d break no rule of the vendor", async (seed) => {
      const findings = await thirtyDays(harness, seed);
      expect(findings).toMatchObject({
        limitViolations: 0,
        insideRetryAfter: 0,
        lateDevices: 0,
        health: "running",
        brokenBursts: 0,
      });
      expect(findings.logins).toBeLessThanOrEqual(findings.loginsAccountedFor);
      expect(findings.outageShare).toBeLessThanOrEqual(OUTAGE_SHARE_MAX);
      expect(findings.calls).toBeGreaterThan(29_000);
    });
  });
}
