import { planSweep } from "../../vendors/plan.ts";
import type { VendorLimits } from "../../vendors/vendor.ts";

const DAY_MS = 86_400_000;

/** How often devices of an account are wanted. */
export interface Schedule {
  /** By the vendor's ids. */
  readonly devices: readonly string[];
  readonly limits: VendorLimits;
  readonly pollIntervalMs: number;
  /** As `DeviceDefinition.valuesEveryMs`. */
  readonly valuesEveryMs: number;
}

/** What a schedule comes to, with a network that takes no time and a vendor that answers. */
export interface SchedulePlan {
  readonly pollIntervalMs: number;
  readonly requestsPerSweep: number;
  /** From a sweep's first request to its last, as fast as the vendor allows, ms. */
  readonly sweepMs: number;
  /** From one request for a device to the next, ms: the interval, or as long as a sweep takes where the vendor's limits make that longer. */
  readonly everyMs: number;
  /** Whether it is the vendor's limits that decide it. */
  readonly isAtLimit: boolean;
  /** How old a value of any of the devices grows before the next comes, ms: `everyMs`, or the vendor's own interval where that is longer. */
  readonly freshnessMs: number;
  /** With what keeps the account open. */
  readonly requestsPerDay: number;
  readonly budgets: readonly BudgetPlan[];
}

export interface BudgetPlan {
  readonly requests: number;
  readonly perMs: number;
  /** The share of it that values of now use, 0 to 1. */
  readonly liveShare: number;
}

/** The one place where it is reckoned what polling takes: for people before it runs, and for the poller while it does. */
export function planSchedule({ devices, limits, pollIntervalMs, valuesEveryMs }: Schedule): SchedulePlan {
  const sweep = planSweep({ devices, limits });
  const everyMs = Math.max(pollIntervalMs, sweep.freshnessMs);
  const upkeep = limits.upkeep ?? [];
  // Nothing is asked to keep open an account that nobody uses, and it is kept open when it is used.
  const upkeepPerMs =
    sweep.requests === 0 ? 0 : sum(upkeep.map((each) => each.requests / Math.max(each.perMs, everyMs)));
  const requestsPerMs = sweep.requests / everyMs + upkeepPerMs;
  return {
    pollIntervalMs,
    requestsPerSweep: sweep.requests,
    sweepMs: sweep.spanMs,
    everyMs,
    isAtLimit: sweep.freshnessMs > pollIntervalMs,
    freshnessMs: Math.max(everyMs, valuesEveryMs),
    requestsPerDay: requestsPerMs * DAY_MS,
    budgets: limits.budgets.map(({ requests, perMs }) => ({
      requests,
      perMs,
      liveShare: Math.min(1, (requestsPerMs * perMs) / requests),
    })),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
