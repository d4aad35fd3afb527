import { redirect } from "@sveltejs/kit";
import type { Device, Series, Site } from "#lib/api/types.gen.ts";
import { parseRange, type Range } from "#lib/device/series.ts";
import { endOfLocalDayMs, startOfEarlierLocalDayMs, startOfLocalDayMs } from "#lib/format/zoned.ts";
import { callApi, readApi, throwRefusal } from "#lib/server/api.ts";
import type { PageServerLoad } from "./$types";

/** Five minutes are what the slower vendors deliver: a finer step would draw their lines full of gaps. */
const STEPS = { today: "PT5M", "7d": "PT30M" } as const satisfies Record<Range, string>;

export const load: PageServerLoad = async ({ fetch, params, url, depends }) => {
  depends("kilowatch:device");
  const answer = await callApi<Device>(fetch, `/api/v1/devices/${encodeURIComponent(params.id)}`);
  if (!answer.ok) {
    if (answer.refusal.status === 401) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname)}`);
    throwRefusal(answer.refusal);
  }
  const device = answer.body;
  const site = await readApi<Site>(fetch, `/api/v1/sites/${device.siteId}`);
  const range = parseRange(url.searchParams.get("range"));
  const nowMs = Date.now();
  const span = spanOf(range, nowMs, site.timezone);
  const metric =
    device.metrics.find(({ name }) => name === "active_power") ?? device.metrics.find(({ kind }) => kind === "gauge");
  let series: Series | null = null;
  if (metric) {
    const query = new URLSearchParams({
      from: new Date(span.fromMs).toISOString(),
      to: new Date(nowMs).toISOString(),
      step: STEPS[range],
      agg: "mean",
    });
    series = await readApi<Series>(fetch, `/api/v1/metrics/${metric.id}/series?${query}`);
  }
  const line = series?.series[0];
  return {
    asOfMs: nowMs,
    device,
    site: { id: site.id, name: site.name, timezone: site.timezone },
    metric: metric ?? null,
    range,
    chart: { ...span, step: series?.step ?? "raw", points: line?.points ?? [], coverage: line?.coverage ?? null },
  };
};

function spanOf(range: Range, nowMs: number, timezone: string): { fromMs: number; toMs: number } {
  const fromMs = range === "today" ? startOfLocalDayMs(nowMs, timezone) : startOfEarlierLocalDayMs(nowMs, 6, timezone);
  return { fromMs, toMs: endOfLocalDayMs(nowMs, timezone) };
}
