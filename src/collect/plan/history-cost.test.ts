import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../domain/virtual-clock.ts";
import { Limiter } from "../../transport/limiter.ts";
import type { HistoryLimits } from "../../vendors/vendor.ts";
import { costOfHistory } from "./history-cost.ts";

const DAY_MS = 86_400_000;
const HISTORY: HistoryLimits = {
  windowMsMax: DAY_MS,
  devicesPerWindow: 10,
  requestsPerWindow: 2,
  valuesEveryMs: 300_000,
  settlesAfterMs: 0,
  keepsMs: null,
  metrics: [],
};
const serials = (count: number) => Array.from({ length: count }, (_, number) => `SN-${number}`);
const wanted = {
  devices: serials(25),
  fromMs: 0,
  toMs: 30 * DAY_MS,
  nowMs: 100 * DAY_MS,
  history: HISTORY,
  budgets: [{ requests: 1, perMs: 1_000, liveShare: 0.75 }],
  share: undefined,
};

describe("the cost of a past", () => {
  test("is its windows for each block of devices, at what values of now leave of the limit", () => {
    expect(costOfHistory(wanted)).toEqual({
      fromMs: 0,
      toMs: 30 * DAY_MS,
      windows: 90,
      requests: 180,
      durationMs: 720_000,
    });
  });

  test.each([
    [1, 1],
    [DAY_MS, 1],
    [DAY_MS + 1, 2],
    [DAY_MS - 300_000, 1],
  ])("a range of %d ms is %d windows", (toMs, windows) => {
    expect(costOfHistory({ ...wanted, devices: serials(1), toMs }).windows).toBe(windows);
  });

  test("a window is cut at whole multiples of the vendor's own interval", () => {
    const history = { ...HISTORY, windowMsMax: 700_000 };
    expect(costOfHistory({ ...wanted, devices: serials(1), history, fromMs: 1, toMs: 1_200_000 }).windows).toBe(2);
    expect(costOfHistory({ ...wanted, devices: serials(1), history, fromMs: 1, toMs: 1_200_001 }).windows).toBe(3);
  });

  test("counts a window for each group of devices that the vendor takes together, as an import does", () => {
    const history = { ...HISTORY, batchGroup: (device: string) => device.slice(-1) };
    // 25 devices end in ten digits, of which five come three times.
    expect(costOfHistory({ ...wanted, history, toMs: DAY_MS }).windows).toBe(10);
  });

  test("begins where the vendor's memory does", () => {
    const cost = costOfHistory({ ...wanted, history: { ...HISTORY, keepsMs: 72 * DAY_MS } });
    expect(cost).toMatchObject({ fromMs: 28 * DAY_MS, windows: 6 });
    expect(costOfHistory({ ...wanted, history: { ...HISTORY, keepsMs: DAY_MS } })).toMatchObject({
      windows: 0,
      requests: 0,
      durationMs: 0,
    });
  });

  test("is bounded by the lane's share, and never ends where values of now take all", () => {
    expect(costOfHistory({ ...wanted, share: 0.1 }).durationMs).toBe(1_800_000);
    expect(costOfHistory({ ...wanted, share: 0 }).durationMs).toBeNull();
    expect(costOfHistory({ ...wanted, budgets: [{ requests: 1, perMs: 1_000, liveShare: 1 }] }).durationMs).toBeNull();
  });

  test("is what a limiter that is shared with values of now takes, within 2 %", async () => {
    const clock = new VirtualClock();
    const limiter = new Limiter({ budgets: [{ requests: 1, perMs: 1_000 }], clock });
    // Values of now: three requests of every four.
    const live = async (): Promise<never> => {
      for (let burst = 0; ; burst++) {
        await clock.sleepUntil(burst * 40_000);
        for (let request = 0; request < 30; request++) (await limiter.acquire({ lane: "live" })).release();
      }
    };
    void live();
    const { requests, durationMs } = costOfHistory({ ...wanted, toMs: 300 * DAY_MS });
    const history = async (): Promise<void> => {
      for (let request = 0; request < requests; request++) (await limiter.acquire({ lane: "history" })).release();
    };
    await clock.run(history());
    expect(Math.abs(clock.monotonicMs() - (durationMs ?? 0)) / (durationMs ?? 1)).toBeLessThanOrEqual(0.02);
  });
});
