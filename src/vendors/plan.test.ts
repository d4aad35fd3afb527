import { expect, test } from "vitest";
import { EnergyGridClient } from "./energygrid/index.ts";
import { planSweep } from "./plan.ts";

test.each([
  [500, { requests: 50, spanMs: 49_000, freshnessMs: 50_000 }],
  [501, { requests: 51, spanMs: 50_000, freshnessMs: 51_000 }],
  [1, { requests: 1, spanMs: 0, freshnessMs: 1000 }],
  [0, { requests: 0, spanMs: 0, freshnessMs: 0 }],
])("%d EnergyGrid devices", (devices, plan) => {
  expect(planSweep({ devices, limits: EnergyGridClient.limits })).toEqual(plan);
});

test("the tightest of several budgets decides how fresh a device stays", () => {
  const limits = {
    budgets: [
      { requests: 100, perMs: 1000 },
      { requests: 1000, perMs: 86_400_000 },
    ],
    devicesPerBatch: 1,
    requestsPerBatch: 1,
  };
  expect(planSweep({ devices: 500, limits })).toEqual({ requests: 500, spanMs: 4000, freshnessMs: 43_200_000 });
});
