import type { EnergyRow } from "#lib/site/energy.ts";
import type { Period } from "#lib/site/periods.ts";
import type { PowerMetric } from "#lib/site/power-groups.ts";
import type { Stack } from "#lib/site/stacking.ts";
import type { Fetch } from "./api.ts";
import { Recent } from "./recent.ts";
import { readEnergy, readPower } from "./site-reads.ts";

/** A point of the charts is five minutes: for so long they are not read anew, ms. */
const KEPT_MS = 30_000;
const SITES_MAX = 200;

const recent = { keptMs: KEPT_MS, entriesMax: SITES_MAX, nowMs: () => Date.now() };
const powers = new Recent<{ stack: Stack; coverage: number }>(recent);
const energies = new Recent<EnergyRow[]>(recent);

/**
 * What the charts of a site show: the power of the running day, and energy by periods; of this moment, or up to half a minute ago. They are
 * the same for everybody who may read the site, which the caller has made sure of by reading its devices.
 */
export async function readCharts(
  fetch: Fetch,
  metrics: readonly PowerMetric[],
  period: Period,
  today: { readonly fromMs: number; readonly toMs: number },
  timezone: string,
): Promise<{ power: { stack: Stack; coverage: number }; energy: EnergyRow[] }> {
  const key = `${today.fromMs} ${timezone} ${metrics.map(({ metricId, group, unitW }) => `${metricId}${group}${unitW}`)}`;
  const [power, energy] = await Promise.all([
    powers.get(key, () => readPower(fetch, metrics, today)),
    energies.get(`${period} ${key}`, () => readEnergy(fetch, metrics, period, today.toMs, timezone)),
  ]);
  return { power, energy };
}
