import { describe, expect, test } from "vitest";
import { elecnovaHarness } from "../../src/vendors/elecnova/contract-harness.ts";
import { energyGridHarness } from "../../src/vendors/energygrid/contract-harness.ts";
import { powerPHarness } from "../../src/vendors/powerp/contract-harness.ts";
import { DAYS, thirtyDays } from "./thirty-days.ts";

/** As many as a burst asks for: the list of them is asked for every hour. */
const POWERP_SIGNALS = 400;
const HARNESSES = [energyGridHarness, elecnovaHarness("live"), powerPHarness(POWERP_SIGNALS)];
/** Calls in an outage, as a share of those of normal times. */
const OUTAGE_SHARE_MAX = 0.05;

/** Thirty simulated days of each vendor with each of these seeds. Two files share the twenty seeds, a core each. */
export function thirtyDaysSuite(seeds: readonly number[]): void {
  describe.each(HARNESSES)(`${DAYS} days of $definition.title`, (harness) => {
    test.each(seeds)("with seed %d break no rule of the vendor", async (seed) => {
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
