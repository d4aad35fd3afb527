import { fail, redirect } from "@sveltejs/kit";
import type { Metric } from "#lib/api/types.gen.ts";
import { missingOf, readMetricFields } from "#lib/device/metric-fields.ts";
import { callApi } from "#lib/server/api.ts";
import { changeErrors } from "#lib/server/change-errors.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { devicePath, readOwnDevice } from "#lib/server/device-reads.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { device } = await readOwnDevice(fetch, params.id, url, parent);
  return { device };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const fields = readMetricFields(await request.formData());
    const missing = missingOf(fields);
    if (Object.keys(missing).length > 0) return fail(422, { fields, errors: { message: null, fields: missing } });
    const answer = await callApi<Metric>(fetch, `${devicePath(params.id)}/metrics`, fields);
    if (!answer.ok) return fail(answer.refusal.status, { fields, errors: changeErrors(answer.refusal) });
    setFlash(cookies, "metricAdded");
    redirect(303, `/devices/${encodeURIComponent(params.id)}/metrics`);
  },
};
