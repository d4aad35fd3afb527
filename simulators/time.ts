import { setTimeout as delay } from "node:timers/promises";

/** Time as a simulator sees it: monotonic for rates and delays, wall for what it tells and for how long a token lives. */
export interface SimulatorTime {
  /** Epoch ms. */
  nowMs(): number;
  monotonicMs(): number;
  sleepUntil(untilMonotonicMs: number): Promise<void>;
}

export const systemTime: SimulatorTime = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleepUntil(untilMonotonicMs) {
    await delay(Math.max(0, untilMonotonicMs - performance.now()));
  },
};
