import type { Connection, ConnectionHealth, Device, Fleet, FormerUnit, Me, Series, Site } from "#lib/api/types.gen.ts";
import { parseRange, type Range } from "#lib/device/series.ts";
import { endOfLocalDayMs, startOfOtherLocalDayMs } from "#lib/format/zoned.ts";
import { callApi, type Fetch, readApi } from "#lib/server/api.ts";
import { devicePath } from "#lib/server/device-reads.ts";
import { Recent } from "#lib/server/recent.ts";
import { readEvents } from "#lib/server/site-reads.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { mayChangeDevices, mayReadConnections } from "#lib/shell/rights.ts";
import type { PageServerLoad } from "./$types";

/** Five minutes are what the slower vendors deliver: a finer step would draw their lines full of gaps. */
const STEPS = { today: "PT5M", "7d": "PT30M", "30d": "PT2H", year: "P1D" } as const satisfies Record<Range, string>;
/** Days before today that a range begins with. */
const DAYS_BEFORE = { today: 0, "7d": 6, "30d": 29, year: 364 } as const satisfies Record<Range, number>;

export const load: PageServerLoad = async ({ fetch, params, url, parent, depends }) => {
  depends("kilowatch:device");
  // What comes from now on comes by the stream.
  const nowMs = Date.now();
  const { body: device } = await readSignedIn<Device>(fetch, devicePath(params.id), url);
  const [site, formerUnits, { openCounts: _, ...events }, { me }] = await Promise.all([
    readApi<Site>(fetch, `/api/v1/sites/${device.siteId}`),
    readApi<{ items: FormerUnit[] }>(fetch, `${devicePath(device.id)}/former-units`),
    readEvents(fetch, `devices/${device.id}`, nowMs),
    parent(),
  ]);
  const range = parseRange(url.searchParams.get("range"));
  const span = spanOf(range, nowMs, site.timezone);
  const shown =
    device.metrics.find(({ name }) => name === "active_power") ??
    device.metrics.find(({ kind }) => kind === "gauge") ??
    device.metrics[0] ??
    null;
  const metric = device.metrics.find(({ id }) => id === url.searchParams.get("metric")) ?? shown;
  const agg = metric?.kind === "gauge" ? ("mean" as const) : ("last" as const);
  const query = new URLSearchParams({
    from: new Date(span.fromMs).toISOString(),
    to: new Date(nowMs).toISOString(),
    step: STEPS[range],
    agg,
  });
  const [series, connection] = await Promise.all([
    metric ? readLine(fetch, metric.id, query) : null,
    device.connectionId === null ? null : readConnection(fetch, device.connectionId, me),
  ]);
  const line = series?.series[0];
  return {
    asOfMs: nowMs,
    device,
    site: { id: site.id, name: site.name, timezone: site.timezone },
    mayChange: mayChangeDevices(me, site.id),
    formerUnits: formerUnits.items,
    events,
    connection: { connection, isCollected: device.connectionId !== null, mayOpen: mayReadConnections(me) },
    shown,
    metric,
    range,
    chart: { ...span, agg, step: series?.step ?? "raw", points: line?.points ?? [], coverage: line?.coverage ?? null },
  };
};

/** A point of the chart is five minutes or more: for so long it is not read anew, ms. */
const LINE_KEPT_MS = 15_000;
const LINES_MAX = 200;
const lines = new Recent<Series>({ keptMs: LINE_KEPT_MS, entriesMax: LINES_MAX, nowMs: () => Date.now() });

/** A metric's line, up to 15 s ago; the same for everybody who may read the device, which the caller has made sure of. */
function readLine(fetch: Fetch, metricId: string, query: URLSearchParams): Promise<Series> {
  const key = `${metricId} ${query.get("from")} ${query.get("step")} ${query.get("agg")}`;
  return lines.get(key, () => readApi<Series>(fetch, `/api/v1/metrics/${metricId}/series?${query}`));
}

type ConnectionState = Pick<ConnectionHealth, "id" | "name" | "state" | "message">;

/** How a device's connection does: those who may not look at connections know it from the fleet. Null when it is gone by now. */
async function readConnection(fetch: Fetch, id: string, me: Me | null): Promise<ConnectionState | null> {
  if (!mayReadConnections(me)) {
    const fleet = await callApi<Fleet>(fetch, "/api/v1/fleet");
    return (fleet.ok && fleet.body.connections.find((connection) => connection.id === id)) || null;
  }
  const answer = await callApi<Connection>(fetch, `/api/v1/connections/${id}`);
  if (!answer.ok) return null;
  const { name, state, message } = answer.body;
  return { id, name, state, message };
}

function spanOf(range: Range, nowMs: number, timezone: string): { fromMs: number; toMs: number } {
  const fromMs = startOfOtherLocalDayMs(nowMs, -DAYS_BEFORE[range], timezone);
  return { fromMs, toMs: endOfLocalDayMs(nowMs, timezone) };
}
