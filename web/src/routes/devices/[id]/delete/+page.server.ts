import { fail, redirect } from "@sveltejs/kit";
import type { Device, DeviceDeleted } from "#lib/api/types.gen.ts";
import { changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { devicePath, readOwnDevice } from "#lib/server/device-reads.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

/** Metrics that are named one by one. */
const NAMES_MAX = 20;

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { device } = await readOwnDevice(fetch, params.id, url, parent);
  const { id, name, siteId, connectionId, metrics } = device;
  const names = metrics.slice(0, NAMES_MAX).map((metric) => ({ id: metric.id, name: metric.name }));
  return { device: { id, name, siteId, isConnected: connectionId !== null }, metrics: metrics.length, names };
};

export const actions: Actions = {
  default: async ({ fetch, params, url, cookies }) => {
    const { body: device } = await readSignedIn<Device>(fetch, devicePath(params.id), url);
    const answer = await changeApi<DeviceDeleted>(fetch, devicePath(device.id), { method: "DELETE" });
    if (!answer.ok) {
      const { refusal } = answer;
      return fail(refusal.status, { message: formErrors(refusal).message ?? text.errors.title(refusal.status) });
    }
    setFlash(cookies, "deviceDeleted");
    redirect(303, `/sites/${device.siteId}`);
  },
};
