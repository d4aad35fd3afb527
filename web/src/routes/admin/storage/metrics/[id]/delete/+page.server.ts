import { fail, redirect } from "@sveltejs/kit";
import { dayRangeOf } from "#lib/admin/day-range.ts";
import type { DeletedReadings } from "#lib/api/types.gen.ts";
import { changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { FormFields } from "#lib/server/form-fields.ts";
import { idPart } from "#lib/server/lists.ts";
import { countReadings, deletionQuery, placedMetric } from "#lib/server/metric-readings.ts";
import { forgetStorage } from "#lib/server/storage-reads.ts";
import type { Actions, PageServerLoad } from "./$types";

const daysOf = (url: URL) => ({ from: url.searchParams.get("from") ?? "", to: url.searchParams.get("to") ?? "" });

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const metric = await placedMetric(fetch, params.id);
  const days = daysOf(url);
  const { range, faults } = dayRangeOf(days, metric.timezone);
  if (Object.keys(faults).length > 0) {
    redirect(303, `/admin/storage/metrics/${metric.id}?${new URLSearchParams(days)}`);
  }
  return { metric, days, count: await countReadings(fetch, metric, range) };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, url, cookies }) => {
    const metric = await placedMetric(fetch, params.id);
    const { range, faults } = dayRangeOf(daysOf(url), metric.timezone);
    const [fault] = Object.values(faults);
    if (fault !== undefined) return fail(422, { message: fault });
    // Readings go on coming in: without an end, those go that were there when they were counted.
    const until = (await FormFields.of(request)).text("until");
    const untilMs = /^\d{1,15}$/.test(until) ? Number(until) : null;
    const counted = { ...range, toMs: range.toMs ?? untilMs };
    const path = `/api/v1/metrics/${idPart(metric.id)}/readings${deletionQuery(counted)}`;
    const deleted = await changeApi<DeletedReadings>(fetch, path, { method: "DELETE" });
    if (!deleted.ok) {
      const { message, fields } = formErrors(deleted.refusal);
      return fail(deleted.refusal.status, { message: message ?? Object.values(fields).join(" ") });
    }
    forgetStorage();
    setFlash(cookies, "readingsDeleted");
    redirect(303, `/admin/storage/metrics?site=${metric.siteId}`);
  },
};
