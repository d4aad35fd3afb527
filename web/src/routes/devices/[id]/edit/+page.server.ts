import { fail, redirect } from "@sveltejs/kit";
import type { Device } from "#lib/api/types.gen.ts";
import { deviceBody, deviceFieldsOf, FORM_NAME_OF_DEVICE_FIELD, readDeviceFields } from "#lib/device/device-fields.ts";
import { changeApi } from "#lib/server/api.ts";
import { changeErrors } from "#lib/server/change-errors.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { devicePath, readOwnDevice } from "#lib/server/device-reads.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { device, version } = await readOwnDevice(fetch, params.id, url, parent);
  return { device, version, fields: deviceFieldsOf(device) };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const form = await request.formData();
    const fields = readDeviceFields(form);
    const read = deviceBody(fields, ["name"]);
    if ("errors" in read) return fail(422, { fields, errors: { message: null, fields: read.errors } });
    // Another serial number is another unit: that is a form of its own. Here one is given to a device that had none.
    const { serialNumber, ...rest } = read.body;
    const body = serialNumber === null ? rest : read.body;
    const ifMatch = String(form.get("version") ?? "");
    const answer = await changeApi<Device>(fetch, devicePath(params.id), { method: "PATCH", body, ifMatch });
    if (!answer.ok) {
      const { refusal } = answer;
      const errors = changeErrors(refusal, FORM_NAME_OF_DEVICE_FIELD);
      return fail(refusal.status, { fields, errors, isOutdated: refusal.status === 412 });
    }
    setFlash(cookies, "deviceSaved");
    redirect(303, `/devices/${answer.body.id}`);
  },
};
