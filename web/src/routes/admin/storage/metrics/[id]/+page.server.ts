import { redirect } from "@sveltejs/kit";
import { dayRangeOf } from "#lib/admin/day-range.ts";
import { countReadings, placedMetric } from "#lib/server/metric-readings.ts";
import type { PageServerLoad } from "./$types";

const ALL = { fromMs: null, toMs: null };

/** Asks which readings are to be deleted; days that make sense lead on to the page that asks whether they really are. */
export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const metric = await placedMetric(fetch, params.id);
  const days = { from: url.searchParams.get("from") ?? "", to: url.searchParams.get("to") ?? "" };
  const isAsked = url.searchParams.has("from") || url.searchParams.has("to");
  const { faults } = dayRangeOf(days, metric.timezone);
  if (isAsked && Object.keys(faults).length === 0 && !url.searchParams.has("other")) {
    redirect(303, `/admin/storage/metrics/${metric.id}/delete?${new URLSearchParams(days)}`);
  }
  return { metric, days, faults, count: await countReadings(fetch, metric, ALL) };
};
