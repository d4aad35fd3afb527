import { InvalidInput } from "../../domain/errors.ts";
import { DAY_MS, dayOf } from "../rollups/days.ts";
import { partitionStart } from "../sql/readings-table.ts";
import { RETENTION_DAYS_MAX, type RetentionPolicy } from "../store.ts";

/** @throws InvalidInput */
export function checkPolicy(policy: RetentionPolicy): void {
  for (const [name, { rawDays, rollupDays }] of Object.entries(policy)) {
    for (const [field, days] of Object.entries({ rawDays, rollupDays })) {
      if (days === null || (Number.isInteger(days) && days >= 1 && days <= RETENTION_DAYS_MAX)) continue;
      throw new InvalidInput([
        { path: `${name}.${field}`, message: `must be 1 to ${RETENTION_DAYS_MAX} days, or null for ever` },
      ]);
    }
    if (rollupDays !== null && (rawDays === null || rollupDays < rawDays)) {
      throw new InvalidInput([{ path: `${name}.rollupDays`, message: "must be at least rawDays" }]);
    }
  }
}

/**
 * Before when what is kept for some days may go, at `nowMs`: the start of the UTC day in which the month begins that is not that old in whole.
 * So each month of the engine's is rewritten once and not every day. 0 when nothing may.
 */
export function cutOf(nowMs: number, days: number | null): number {
  if (days === null) return 0;
  return Math.max(0, dayOf(partitionStart(dayOf(nowMs - days * DAY_MS) * DAY_MS)) * DAY_MS);
}
