import { error, fail, redirect } from "@sveltejs/kit";
import type { Metric } from "#lib/api/types.gen.ts";
import { changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { metricPath, readOwnDevice } from "#lib/server/device-reads.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { device } = await readOwnDevice(fetch, params.id, url, parent);
  const { body: metric } = await readSignedIn<Metric>(fetch, metricPath(params.metricId), url);
  if (metric.deviceId !== device.id) error(404, text.errors.title(404));
  return { device: { id: device.id, name: device.name }, metric, isLast: device.metrics.length === 1 };
};

export const actions: Actions = {
  default: async ({ fetch, params, cookies }) => {
    const answer = await changeApi(fetch, metricPath(params.metricId), { method: "DELETE" });
    if (!answer.ok) {
      const { refusal } = answer;
      return fail(refusal.status, { message: formErrors(refusal).message ?? text.errors.title(refusal.status) });
    }
    setFlash(cookies, "metricDeleted");
    redirect(303, `/devices/${encodeURIComponent(params.id)}/metrics`);
  },
};
