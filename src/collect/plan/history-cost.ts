import { batchesOf } from "../../vendors/sweep.ts";
import type { HistoryLimits, VendorLimits } from "../../vendors/vendor.ts";
import type { BudgetPlan } from "./schedule.ts";

/** A past that is wanted, beside values of now. */
export interface WantedPast {
  /** By the vendor's ids. */
  readonly devices: readonly string[];
  /** Epoch ms; up to and without `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
  readonly limits: Pick<VendorLimits, "batchGroup">;
  readonly history: HistoryLimits;
  /** As `SchedulePlan.budgets`. */
  readonly budgets: readonly BudgetPlan[];
  /** As `LaneShares.history`. */
  readonly share: number | undefined;
}

export interface HistoryCost {
  /** Later than asked for where the vendor keeps less; epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly windows: number;
  readonly requests: number;
  /** At what values of now and the lane's share leave of the vendor's limits, ms; null when they leave nothing. */
  readonly durationMs: number | null;
}

/** What it takes to fetch a past, before anything is asked. */
export function costOfHistory(wanted: WantedPast): HistoryCost {
  const { devices, history, limits, nowMs, toMs, budgets, share = 1 } = wanted;
  const keptFromMs = history.keepsMs === null ? Number.NEGATIVE_INFINITY : nowMs - history.keepsMs;
  const fromMs = Math.min(toMs, Math.max(wanted.fromMs, keptFromMs));
  const blocks = [...batchesOf(devices, { ...limits, devicesPerBatch: history.devicesPerWindow })].length;
  const windows = blocks * windowsOf(fromMs, toMs, history);
  const requests = windows * history.requestsPerWindow;
  const perMs = Math.min(
    ...budgets.map((budget) => (Math.min(share, 1 - budget.liveShare) * budget.requests) / budget.perMs),
  );
  const durationMs = requests === 0 ? 0 : perMs > 0 ? requests / perMs : null;
  return { fromMs, toMs, windows, requests, durationMs };
}

/** How many windows a range is cut into, from its end on, at whole multiples of the vendor's own interval. */
function windowsOf(fromMs: number, toMs: number, { windowMsMax, valuesEveryMs }: HistoryLimits): number {
  const stepMs = Math.max(1, valuesEveryMs);
  const windowMs = Math.max(stepMs, Math.floor(windowMsMax / stepMs) * stepMs);
  if (toMs <= fromMs) return 0;
  const endsMs = Math.ceil(toMs / stepMs) * stepMs;
  return Math.ceil((endsMs - fromMs) / windowMs);
}
