import type { HistoryLimits } from "../../vendors/vendor.ts";
import { countWindows } from "../history/windows.ts";
import type { BudgetPlan } from "./schedule.ts";

/** A past that is wanted, beside values of now. */
export interface WantedPast {
  /** By the vendor's ids. */
  readonly devices: readonly string[];
  /** Epoch ms; up to and without `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
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
  const { devices, history, nowMs, toMs, budgets, share = 1 } = wanted;
  const keptFromMs = history.keepsMs === null ? Number.NEGATIVE_INFINITY : nowMs - history.keepsMs;
  const fromMs = Math.min(toMs, Math.max(wanted.fromMs, keptFromMs));
  const open = fromMs < toMs ? [{ fromMs, toMs }] : [];
  const opens = devices.map((device) => ({ device, open }));
  const windows = countWindows(opens, history);
  const requests = windows * history.requestsPerWindow;
  return { fromMs, toMs, windows, requests, durationMs: historyDurationMs(requests, budgets, share) };
}

/**
 * How long requests for a past take at what values of now leave, ms; null when they leave nothing.
 * @param budgets as `SchedulePlan.budgets`
 * @param share as `LaneShares.history`
 */
export function historyDurationMs(requests: number, budgets: readonly BudgetPlan[], share = 1): number | null {
  const perMs = Math.min(
    ...budgets.map((budget) => (Math.min(share, 1 - budget.liveShare) * budget.requests) / budget.perMs),
  );
  if (requests === 0) return 0;
  return perMs > 0 ? requests / perMs : null;
}
