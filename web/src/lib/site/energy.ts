import type { Series } from "../api/types.gen.ts";
import type { PowerGroup, PowerMetric } from "./power-groups.ts";

/** What a site's kinds gave in a day, a month or a year. */
export interface EnergyRow {
  readonly startMs: number;
  /** W.h, below zero for what was drawn more than given; a kind of which nothing is known is not in it. */
  readonly energyWh: Partial<Readonly<Record<PowerGroup, number>>>;
  /** Share of the time that readings of power cover, over all devices that count, up to now. */
  readonly coverage: number;
}

type MetricSeries = Series["series"][number];

/**
 * Adds up the integrals of power.
 * @param startsMs where the periods begin, ascending
 * @param series of each metric a point for each period that has one: its integral, in the metric's unit times hours
 */
export function energyRows(
  startsMs: readonly number[],
  metrics: readonly PowerMetric[],
  series: readonly MetricSeries[],
): EnergyRow[] {
  const rows = startsMs.map((startMs) => ({
    startMs,
    energyWh: {} as Partial<Record<PowerGroup, number>>,
    covered: 0,
  }));
  const byId = new Map(metrics.map((metric) => [metric.metricId, metric]));
  for (const { metricId, points, pointCoverage } of series) {
    const metric = byId.get(metricId);
    if (!metric) continue;
    for (const [place, [timeMs, integral]] of points.entries()) {
      const row = rows.findLast(({ startMs }) => startMs <= timeMs);
      if (!row) continue;
      row.energyWh[metric.group] = (row.energyWh[metric.group] ?? 0) + integral * metric.unitW;
      row.covered += pointCoverage?.[place] ?? 0;
    }
  }
  return rows.map(({ startMs, energyWh, covered }) => {
    return { startMs, energyWh, coverage: metrics.length === 0 ? 0 : Math.min(1, covered / metrics.length) };
  });
}

/** The rows from the first that knows anything on, but the last `least` in any case: what is older than the site says nothing. */
export function sinceFirstKnown(rows: readonly EnergyRow[], least: number): readonly EnergyRow[] {
  const first = rows.findIndex(({ energyWh }) => Object.keys(energyWh).length > 0);
  return rows.slice(Math.min(first < 0 ? rows.length : first, Math.max(0, rows.length - least)));
}

/** The kinds that any of the rows knows of, in the order of the stack. */
export function groupsIn(rows: readonly EnergyRow[], order: readonly PowerGroup[]): PowerGroup[] {
  return order.filter((group) => rows.some(({ energyWh }) => energyWh[group] !== undefined));
}
