import { error, fail, redirect } from "@sveltejs/kit";
import type { Device, Site } from "#lib/api/types.gen.ts";
import { deviceBody, FORM_NAME_OF_DEVICE_FIELD, readDeviceFields } from "#lib/device/device-fields.ts";
import { errorsByRow, metricsBody, readMetricRows, withAnotherRow } from "#lib/device/metric-fields.ts";
import { callApi, type FormErrors } from "#lib/server/api.ts";
import { changeErrors } from "#lib/server/change-errors.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { mayChangeDevices } from "#lib/shell/rights.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

const NO_ERRORS: FormErrors = { message: null, fields: {} };

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { body: site } = await readSignedIn<Site>(fetch, `/api/v1/sites/${encodeURIComponent(params.id)}`, url);
  if (!mayChangeDevices((await parent()).me, site.id)) error(403, text.deviceCare.notYours);
  return { site };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const form = await request.formData();
    const typed = { fields: readDeviceFields(form), rows: readMetricRows(form) };
    if (form.has("more")) return { ...typed, rows: withAnotherRow(typed.rows), errors: NO_ERRORS };
    const [device, metrics] = [deviceBody(typed.fields, ["name"]), metricsBody(typed.rows)];
    if ("errors" in device || "errors" in metrics) {
      const fields = { ...("errors" in device && device.errors), ...("errors" in metrics && metrics.errors) };
      return fail(422, { ...typed, errors: { message: null, fields } });
    }
    const body = { ...device.body, metrics: metrics.metrics };
    const answer = await callApi<Device>(fetch, `/api/v1/sites/${encodeURIComponent(params.id)}/devices`, body);
    if (!answer.ok) {
      const { message, fields } = changeErrors(answer.refusal, FORM_NAME_OF_DEVICE_FIELD);
      return fail(answer.refusal.status, { ...typed, errors: { message, fields: errorsByRow(fields, metrics.rowOf) } });
    }
    setFlash(cookies, "deviceAdded");
    redirect(303, `/devices/${answer.body.id}`);
  },
};
