import type { DayRange } from "#lib/admin/day-range.ts";
import type { Device, Metric, Series, Site } from "#lib/api/types.gen.ts";
import { type Fetch, readApi } from "#lib/server/api.ts";
import { idPart } from "#lib/server/lists.ts";
import { text } from "#lib/text.ts";

/** The times that a reading may have. */
const EARLIEST = "1970-01-01T00:00:00.000Z";
const LATEST = "9999-12-31T23:59:59.999Z";

/** A metric with the names of what it belongs to. */
export interface PlacedMetric {
  readonly id: string;
  readonly name: string;
  readonly device: string;
  readonly site: string;
  readonly siteId: string;
  readonly timezone: string;
  /** Times of its first and its newest reading, epoch ms; null when it holds none. */
  readonly held: { readonly firstMs: number; readonly lastMs: number } | null;
}

export async function placedMetric(fetch: Fetch, metricId: string): Promise<PlacedMetric> {
  const { id, name, deviceId, latest } = await readApi<Metric>(fetch, `/api/v1/metrics/${idPart(metricId)}`);
  const device = await readApi<Device>(fetch, `/api/v1/devices/${deviceId}`);
  const site = await readApi<Site>(fetch, `/api/v1/sites/${device.siteId}`);
  return {
    id,
    name: text.device.metricNames[name] ?? name,
    device: device.name,
    site: site.name,
    siteId: site.id,
    timezone: site.timezone,
    held: latest && (await heldTimes(fetch, id, Date.parse(latest.time))),
  };
}

/** How many readings a metric has in a range. */
export async function countReadings(fetch: Fetch, { id, held }: PlacedMetric, range: DayRange): Promise<number> {
  if (held === null) return 0;
  // Years without readings are not asked about: there may be 8,000 of them.
  const fromMs = Math.max(range.fromMs ?? held.firstMs, held.firstMs);
  const toMs = Math.min(range.toMs ?? held.lastMs + 1, held.lastMs + 1);
  if (fromMs >= toMs) return 0;
  const window = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  const query = new URLSearchParams({ ...window, step: "P1Y", agg: "count", maxPoints: "10000" });
  const { series } = await readApi<Series>(fetch, `/api/v1/metrics/${idPart(id)}/series?${query}`);
  return series.flatMap(({ points }) => points).reduce((sum, [, count]) => sum + count, 0);
}

async function heldTimes(fetch: Fetch, metricId: string, lastMs: number): Promise<PlacedMetric["held"]> {
  const query = new URLSearchParams({ from: EARLIEST, to: LATEST, step: "raw", maxPoints: "1" });
  const { series } = await readApi<Series>(fetch, `/api/v1/metrics/${idPart(metricId)}/series?${query}`);
  const firstMs = series[0]?.points[0]?.[0];
  return firstMs === undefined ? null : { firstMs, lastMs };
}

/** The part of a deletion's address that says which range; empty for all. */
export function deletionQuery({ fromMs, toMs }: DayRange): string {
  const query = new URLSearchParams();
  if (fromMs !== null) query.set("from", new Date(fromMs).toISOString());
  if (toMs !== null) query.set("to", new Date(toMs).toISOString());
  return query.size === 0 ? "" : `?${query}`;
}
