/** What the overview of a connection shows, as it stands in the address. */
export interface OverviewView {
  readonly range: BudgetRange;
  /** An interval to compare the present one with, ms. */
  readonly pollIntervalMs: number | null;
  /** What was written as an interval and is none. */
  readonly wrongInterval: string | null;
}

export const BUDGET_RANGES = ["24h", "7d"] as const;
export type BudgetRange = (typeof BUDGET_RANGES)[number];

const HOUR_MS = 3_600_000;
export const BUDGET_SPAN_MS: Readonly<Record<BudgetRange, number>> = { "24h": 24 * HOUR_MS, "7d": 168 * HOUR_MS };

/** As the API takes them, s. */
export const INTERVAL_S = { min: 1, max: 86_400 } as const;

export function parseOverview(params: { get(name: string): string | null }): OverviewView {
  const every = params.get("every")?.trim() ?? "";
  const seconds = /^\d{1,6}$/.test(every) ? Number(every) : Number.NaN;
  const isInterval = seconds >= INTERVAL_S.min && seconds <= INTERVAL_S.max;
  return {
    range: BUDGET_RANGES.find((range) => range === params.get("range")) ?? "24h",
    pollIntervalMs: isInterval ? seconds * 1_000 : null,
    wrongInterval: every === "" || isInterval ? null : every.slice(0, 20),
  };
}
