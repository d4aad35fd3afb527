import { error, fail, redirect } from "@sveltejs/kit";
import type { Metric } from "#lib/api/types.gen.ts";
import { missingOf, readMetricFields } from "#lib/device/metric-fields.ts";
import { changeApi } from "#lib/server/api.ts";
import { changeErrors } from "#lib/server/change-errors.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { metricPath, readOwnDevice } from "#lib/server/device-reads.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { device } = await readOwnDevice(fetch, params.id, url, parent);
  const { body: metric, etag } = await readSignedIn<Metric>(fetch, metricPath(params.metricId), url);
  if (metric.deviceId !== device.id) error(404, text.errors.title(404));
  const { name, unit, kind } = metric;
  return { device: { id: device.id, name: device.name }, metric, version: etag ?? "", fields: { name, unit, kind } };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const form = await request.formData();
    const fields = readMetricFields(form);
    const missing = missingOf(fields);
    if (Object.keys(missing).length > 0) return fail(422, { fields, errors: { message: null, fields: missing } });
    const ifMatch = String(form.get("version") ?? "");
    const change = { method: "PATCH", body: fields, ifMatch } as const;
    const answer = await changeApi<Metric>(fetch, metricPath(params.metricId), change);
    if (!answer.ok) {
      const { refusal } = answer;
      return fail(refusal.status, { fields, errors: changeErrors(refusal), isOutdated: refusal.status === 412 });
    }
    setFlash(cookies, "metricSaved");
    redirect(303, `/devices/${answer.body.deviceId}/metrics`);
  },
};
