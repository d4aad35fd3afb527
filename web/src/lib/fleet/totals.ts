import { isStale } from "../format/age.ts";
import type { Row } from "./rows.ts";

/** What a set of inverters adds up to. */
export interface Totals {
  /** Sum of the readings that are current, W. A stale value is not power now. */
  readonly activePowerW: number;
  /** Sum of what is known, W; null when nothing is. */
  readonly ratedPowerW: number | null;
  /** How many inverters the sum is made of. */
  readonly fresh: number;
  readonly total: number;
  readonly online: number;
  readonly offline: number;
  readonly unknown: number;
}

type Addend = Pick<Row, "site" | "status" | "activePowerW" | "activePowerAtMs" | "ratedPowerW" | "staleAfterMs">;

/** Whether a row's power counts as power now: its inverter is online and the value fresh. The API's sums have the same rule. */
export function isCurrent(
  row: Pick<Row, "status" | "activePowerW" | "activePowerAtMs" | "staleAfterMs">,
  nowMs: number,
): boolean {
  if (row.status !== "online" || row.activePowerW === null || row.activePowerAtMs === null) return false;
  return !isStale(row.activePowerAtMs, nowMs, row.staleAfterMs);
}

/** Totals of the fleet and of each site, in one pass over the same rows, so that they always agree. */
export function addUp(rows: Iterable<Addend>, siteCount: number, nowMs: number): { fleet: Totals; sites: Totals[] } {
  const fleet = empty();
  const sites = Array.from({ length: siteCount }, empty);
  for (const row of rows) {
    add(fleet, row, nowMs);
    const site = sites[row.site];
    if (site) add(site, row, nowMs);
  }
  return { fleet, sites };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function empty(): Mutable<Totals> {
  return { activePowerW: 0, ratedPowerW: null, fresh: 0, total: 0, online: 0, offline: 0, unknown: 0 };
}

function add(totals: Mutable<Totals>, row: Addend, nowMs: number): void {
  totals.total++;
  totals[row.status]++;
  if (row.ratedPowerW !== null) totals.ratedPowerW = (totals.ratedPowerW ?? 0) + row.ratedPowerW;
  if (isCurrent(row, nowMs)) {
    totals.fresh++;
    totals.activePowerW += row.activePowerW ?? 0;
  }
}
