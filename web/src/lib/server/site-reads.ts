import type { Device, QualityEvent, Series, SeriesAcross, SiteCoverage } from "#lib/api/types.gen.ts";
import { type EnergyRow, energyRows } from "#lib/site/energy.ts";
import { type Period, periodStartsMs, STEP_OF_PERIOD } from "#lib/site/periods.ts";
import type { PowerGroup, PowerMetric } from "#lib/site/power-groups.ts";
import { type Stack, stackOf, type TimedValue } from "#lib/site/stacking.ts";
import { type Fetch, readApi } from "./api.ts";

/** The most that one request to the API may bring or name. */
const ITEMS_MAX = 500;
const METRICS_MAX = 1_000;
const DAY_MS = 86_400_000;

/** Devices that the page of a site takes in. */
export const SITE_DEVICES_MAX = 2_000;
const STEP_MS = 300_000;
export const EVENT_DAYS = 7;
/** Findings of each sort that travel with a page. */
const EVENTS_SHOWN_MAX = 50;

interface Paged<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** A site's devices, the first `SITE_DEVICES_MAX` of them. */
export async function readDevices(fetch: Fetch, siteId: string): Promise<{ devices: Device[]; isAll: boolean }> {
  const devices: Device[] = [];
  let after = "";
  do {
    const page: Paged<Device> = await readApi(fetch, `/api/v1/sites/${siteId}/devices?limit=${ITEMS_MAX}${after}`);
    devices.push(...page.items);
    if (page.nextCursor === null) return { devices, isAll: true };
    after = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  } while (devices.length < SITE_DEVICES_MAX);
  return { devices, isAll: false };
}

/** Power over a stretch of time, kind by kind, and how much of the time up to now readings cover. */
export async function readPower(
  fetch: Fetch,
  metrics: readonly PowerMetric[],
  span: { readonly fromMs: number; readonly toMs: number },
): Promise<{ stack: Stack; coverage: number }> {
  const lines = new Map<PowerGroup, Map<number, number>>();
  let values = 0;
  // Only values of one unit can be put together by the server.
  const alike = Object.values(Object.groupBy(metrics, ({ group, unitW }) => `${group} ${unitW}`));
  const asked = alike
    .flatMap((some = []) => chunks(some))
    .map(async (some) => {
      const query = windowQuery(span, "PT5M", "time_weighted_mean", some);
      query.set("across", "sum");
      return { some, answer: await readApi<SeriesAcross>(fetch, `/api/v1/series?${query}`) };
    });
  for (const { some, answer } of await Promise.all(asked)) {
    const [{ group, unitW } = { group: "other" as const, unitW: 1 }] = some;
    const line = lines.get(group) ?? new Map<number, number>();
    lines.set(group, line);
    for (const [timeMs, value, count] of answer.points) {
      line.set(timeMs, (line.get(timeMs) ?? 0) + value * unitW);
      values += count;
    }
  }
  const steps = Math.ceil((span.toMs - span.fromMs) / STEP_MS);
  const sorted = new Map([...lines].map(([group, line]): [PowerGroup, TimedValue[]] => [group, [...line]]));
  return { stack: stackOf(sorted, STEP_MS), coverage: Math.min(1, values / Math.max(1, steps * metrics.length)) };
}

/** Energy of the latest days, months or years in the site's own calendar. */
export async function readEnergy(
  fetch: Fetch,
  metrics: readonly PowerMetric[],
  period: Period,
  nowMs: number,
  timezone: string,
): Promise<EnergyRow[]> {
  const startsMs = periodStartsMs(period, nowMs, timezone);
  const span = { fromMs: startsMs[0] ?? nowMs, toMs: nowMs };
  const answers = await Promise.all(
    chunks(metrics).map((some) => {
      const query = windowQuery(span, STEP_OF_PERIOD[period], "integral", some);
      query.set("coverage", "points");
      return readApi<Series>(fetch, `/api/v1/series?${query}`);
    }),
  );
  return energyRows(
    startsMs,
    metrics,
    answers.flatMap(({ series }) => series),
  );
}

export interface Findings {
  /** How many go on, by device; of more than 500 the first 500 are counted. */
  readonly openCounts: ReadonlyMap<string, number>;
  readonly open: readonly QualityEvent[];
  readonly ended: readonly QualityEvent[];
  readonly isAll: boolean;
}

/** What was found wrong: first what goes on, then what has ended in the last days, the latest first. */
export async function readEvents(
  fetch: Fetch,
  owner: `sites/${string}` | `devices/${string}`,
  nowMs: number,
): Promise<Findings> {
  const fromMs = nowMs - EVENT_DAYS * DAY_MS;
  const ended = new URLSearchParams({ open: "false", from: isoTime(fromMs), limit: String(ITEMS_MAX) });
  const [open, past] = await Promise.all([
    readApi<Paged<QualityEvent>>(fetch, `/api/v1/${owner}/events?open=true&limit=${ITEMS_MAX}`),
    readApi<Paged<QualityEvent>>(fetch, `/api/v1/${owner}/events?${ended}`),
  ]);
  const isAll = [open, past].every(({ items, nextCursor }) => nextCursor === null && items.length <= EVENTS_SHOWN_MAX);
  return {
    openCounts: countsByDevice(open.items),
    open: open.items.slice(-EVENTS_SHOWN_MAX).reverse(),
    ended: past.items.toSorted((a, b) => endMs(b) - endMs(a)).slice(0, EVENTS_SHOWN_MAX),
    isAll,
  };
}

/** What was asked of vendors for a site's devices, day by day since `fromMs`. */
export async function readAsked(
  fetch: Fetch,
  siteId: string,
  span: { readonly fromMs: number; readonly toMs: number },
): Promise<{ edges: readonly number[]; devices: SiteCoverage["items"] }> {
  const devices: SiteCoverage["items"] = [];
  let edges: readonly number[] = [];
  let after = "";
  do {
    const query = new URLSearchParams({ from: isoTime(span.fromMs), to: isoTime(span.toMs), step: "P1D" });
    const path = `/api/v1/sites/${siteId}/coverage?${query}&limit=${ITEMS_MAX}${after}`;
    const page: SiteCoverage = await readApi(fetch, path);
    edges = page.edges;
    devices.push(...page.items);
    if (page.nextCursor === null) break;
    after = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  } while (devices.length < SITE_DEVICES_MAX);
  return { edges, devices };
}

function countsByDevice(events: readonly QualityEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { deviceId } of events) counts.set(deviceId, (counts.get(deviceId) ?? 0) + 1);
  return counts;
}

function endMs({ from, to }: QualityEvent): number {
  return Date.parse(to ?? from);
}

function windowQuery(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  step: string,
  agg: string,
  metrics: readonly PowerMetric[],
): URLSearchParams {
  const metricIds = metrics.map(({ metricId }) => metricId).join(",");
  return new URLSearchParams({ from: isoTime(fromMs), to: isoTime(toMs), step, agg, metricIds });
}

function chunks<T>(items: readonly T[]): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / METRICS_MAX) }, (_, place) =>
    items.slice(place * METRICS_MAX, (place + 1) * METRICS_MAX),
  );
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
