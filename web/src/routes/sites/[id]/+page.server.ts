import { error } from "@sveltejs/kit";
import type { Device, QualityEvent, Site } from "#lib/api/types.gen.ts";
import { endOfLocalDayMs, startOfLocalDayMs, startOfOtherLocalDayMs } from "#lib/format/zoned.ts";
import { readCharts } from "#lib/server/site-charts.ts";
import { EVENT_DAYS, readAsked, readDevices, readEvents } from "#lib/server/site-reads.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { mayChangeDevices, mayChangeSites } from "#lib/shell/rights.ts";
import { askedDays } from "#lib/site/asked-days.ts";
import { sinceFirstKnown } from "#lib/site/energy.ts";
import { LEAST_OF_PERIOD, parsePeriod } from "#lib/site/periods.ts";
import { powerMetrics } from "#lib/site/power-groups.ts";
import { toDeviceRow, toPowerRow, worstFirst } from "#lib/site/rows.ts";
import { text } from "#lib/text.ts";
import type { PageServerLoad } from "./$types";

/** Devices on one page of the list. */
const ROWS_PER_PAGE = 25;

export const load: PageServerLoad = async ({ fetch, params, url, parent, depends }) => {
  depends("kilowatch:site");
  // What comes from now on comes by the stream.
  const nowMs = Date.now();
  // Awaited below only where the site itself can be read.
  const devicesRead = readDevices(fetch, encodeURIComponent(params.id));
  devicesRead.catch(() => undefined);
  const { body: site } = await readSignedIn<Site>(fetch, `/api/v1/sites/${encodeURIComponent(params.id)}`, url);
  const { timezone } = site;
  const { devices, isAll } = await devicesRead;
  const metrics = powerMetrics(devices);
  const period = parsePeriod(url.searchParams.get("energy"));
  const today = { fromMs: startOfLocalDayMs(nowMs, timezone), toMs: nowMs };
  const week = { fromMs: startOfOtherLocalDayMs(nowMs, 1 - EVENT_DAYS, timezone), toMs: nowMs };
  const [{ power, energy }, findings, asked, { me }] = await Promise.all([
    readCharts(fetch, metrics, period, today, timezone),
    readEvents(fetch, `sites/${site.id}`, nowMs),
    readAsked(fetch, site.id, week),
    parent(),
  ]);

  const { openCounts, ...events } = findings;
  const first = (pageNumber(url.searchParams.get("devices")) - 1) * ROWS_PER_PAGE;
  if (first > 0 && first >= devices.length) error(404, text.errors.title(404));
  const listed = worstFirst(devices, openCounts, nowMs).slice(first, first + ROWS_PER_PAGE);
  const byId = new Map(devices.map((device) => [device.id, device]));
  return {
    asOfMs: nowMs,
    site,
    may: { changeSite: mayChangeSites(me), changeDevices: mayChangeDevices(me, site.id) },
    devices: { total: devices.length, isAll, first, perPage: ROWS_PER_PAGE, counts: countsOf(devices) },
    rows: listed.map((device) => toDeviceRow(device, openCounts.get(device.id) ?? 0)),
    powers: metrics.flatMap((metric) => {
      const device = byId.get(metric.deviceId);
      return device ? [toPowerRow(metric, device)] : [];
    }),
    power: { ...power, fromMs: today.fromMs, toMs: endOfLocalDayMs(nowMs, timezone) },
    energy: { period, rows: sinceFirstKnown(energy, LEAST_OF_PERIOD[period]) },
    openEvents: [...openCounts.values()].reduce((sum, count) => sum + count, 0),
    events: { ...events, ...wordsFor([...events.open, ...events.ended], byId) },
    asked: { days: askedDays(asked.edges, asked.devices), pushes: asked.devices.some((device) => !device.asked) },
  };
};

function pageNumber(text: string | null): number {
  return text !== null && /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 1;
}

/** The names and units that findings are told with. */
function wordsFor(events: readonly QualityEvent[], devices: ReadonlyMap<string, Device>) {
  const names: Record<string, string> = {};
  const units: Record<string, string> = {};
  for (const { deviceId, metricId } of events) {
    const device = devices.get(deviceId);
    if (!device) continue;
    names[deviceId] = device.name;
    const metric = device.metrics.find(({ id }) => id === metricId);
    if (metric) units[metric.id] = metric.unit;
  }
  return { names, units };
}

function countsOf(devices: readonly { readonly status: "online" | "offline" | "unknown" }[]) {
  const count = (status: string): number => devices.filter((device) => device.status === status).length;
  return { online: count("online"), offline: count("offline"), unknown: count("unknown") };
}
