import { describe, expect, test } from "vitest";
import { POWER, type SimVendor, type SimVendorTerms } from "./collector/sim-vendor.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SimWorld } from "./collector/sim-world.ts";

/** EnergyGrid's limits, and a past that it does not keep: both lanes then spend one budget. */
const STRICT: SimVendorTerms = {
  id: "strict",
  limits: { budgets: [{ requests: 1, perMs: 1_000 }], devicesPerBatch: 10, requestsPerBatch: 1 },
  history: {
    windowMsMax: DAY_MS,
    devicesPerWindow: 10,
    requestsPerWindow: 1,
    valuesEveryMs: 15 * MINUTE_MS,
    settlesAfterMs: 0,
    keepsMs: null,
    metrics: [POWER],
  },
  valuesEveryMs: 15 * MINUTE_MS,
};
const DEVICES = 500;
const POLL_INTERVAL_MS = MINUTE_MS;
/** Of a network in the same country. */
const NEAR_MS_MAX = 15;

/** From one telling of a device's newest value to the next, ms, after the first sweep; of all devices. */
function gapsMs({ latestToldMs }: SimVendor, afterMs: number): number[] {
  return [...latestToldMs.values()].flatMap((times) =>
    times.slice(1).flatMap((timeMs, index) => (timeMs < afterMs ? [] : [timeMs - (times[index] ?? 0)])),
  );
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN;
}

describe("500 devices at 1 request a second, and a year of their past imported beside", () => {
  test("are asked no later than 1.05 times what is planned, and the budget is used to 98 %", async () => {
    const fleet = [{ terms: STRICT, devices: DEVICES, pollIntervalMs: POLL_INTERVAL_MS }];
    await using world = await SimWorld.open({ seed: 1, fleet, processes: 1, clocksOffMs: 0, delayMsMax: NEAR_MS_MAX });
    const [vendor] = world.vendors;
    if (!vendor) throw new Error("there is one vendor");
    await world.importSince(0, world.clock.nowMs() - 365 * DAY_MS);
    await world.clock.advance(5 * MINUTE_MS);
    const before = vendor.requests;
    await world.clock.advance(3 * HOUR_MS);
    const used = ((vendor.requests - before) * 1_000) / (3 * HOUR_MS);
    expect(used).toBeGreaterThanOrEqual(0.98);
    expect(vendor.told.values).toBeGreaterThan(1_000_000);
    expect(Math.max(...gapsMs(vendor, 5 * MINUTE_MS).map((gapMs) => gapMs / POLL_INTERVAL_MS))).toBeLessThanOrEqual(
      1.05,
    );
    expect(vendor.violations).toEqual({ overLimit: 0, insideRetryAfter: 0 });
  });
});

describe("an account that its vendor bans", () => {
  async function freshnessOfOther(isBanned: boolean): Promise<number> {
    const fleet = ["banned", "other"].map((id) => ({
      terms: { ...STRICT, id, history: null },
      devices: DEVICES,
      pollIntervalMs: POLL_INTERVAL_MS,
    }));
    await using world = await SimWorld.open({ seed: 2, fleet, processes: 2, clocksOffMs: 0, delayMsMax: 200 });
    const [banned, other] = world.vendors;
    if (!banned || !other) throw new Error("there are two vendors");
    await world.clock.advance(10 * MINUTE_MS);
    if (isBanned) banned.troubles = { faults: 0, refusals: 1, outages: [] };
    await world.clock.advance(6 * HOUR_MS);
    expect(banned.violations.insideRetryAfter).toBe(0);
    return percentile(gapsMs(other, 10 * MINUTE_MS), 0.99);
  }

  test("does not delay another: its p99 freshness moves by less than 1 %", async () => {
    const [calm, beside] = [await freshnessOfOther(false), await freshnessOfOther(true)];
    expect(Math.abs(beside / calm - 1)).toBeLessThan(0.01);
  });
});
