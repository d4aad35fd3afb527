import { fail, redirect } from "@sveltejs/kit";
import type { Device } from "#lib/api/types.gen.ts";
import { deviceBody, deviceFieldsOf, FORM_NAME_OF_DEVICE_FIELD, readDeviceFields } from "#lib/device/device-fields.ts";
import { changeApi } from "#lib/server/api.ts";
import { changeErrors } from "#lib/server/change-errors.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { devicePath, readOwnDevice } from "#lib/server/device-reads.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { device, version } = await readOwnDevice(fetch, params.id, url, parent);
  return { device, version, fields: { ...deviceFieldsOf(device), serialNumber: "" } };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const form = await request.formData();
    const fields = readDeviceFields(form);
    const read = deviceBody(fields, ["serialNumber"]);
    if ("errors" in read) return fail(422, { fields, errors: { message: null, fields: read.errors } });
    if (fields.serialNumber === form.get("before")) {
      return fail(422, { fields, errors: { message: null, fields: { serialNumber: text.deviceCare.replace.same } } });
    }
    const { serialNumber, manufacturer, model, ratedPowerW } = read.body;
    const body = { serialNumber, manufacturer, model, ratedPowerW };
    const ifMatch = String(form.get("version") ?? "");
    const answer = await changeApi<Device>(fetch, devicePath(params.id), { method: "PATCH", body, ifMatch });
    if (!answer.ok) {
      const { refusal } = answer;
      return fail(refusal.status, { fields, errors: changeErrors(refusal, FORM_NAME_OF_DEVICE_FIELD) });
    }
    setFlash(cookies, "deviceReplaced");
    redirect(303, `/devices/${answer.body.id}`);
  },
};
