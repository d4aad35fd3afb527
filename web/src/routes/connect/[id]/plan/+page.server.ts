import { fail, redirect } from "@sveltejs/kit";
import type { BackfillJob, ConnectionTest, Plan } from "#lib/api/types.gen.ts";
import { readFirstListed } from "#lib/connect/listing.ts";
import { type SampledDevice, worthAsking } from "#lib/connect/samples.ts";
import { intervalsS, pastSpan, readWish } from "#lib/connect/schedule.ts";
import { requireAdmin } from "#lib/server/admin-only.ts";
import { callApi, changeApi, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { formText } from "#lib/server/form-text.ts";
import { refusalText } from "#lib/server/refusal-text.ts";
import { readConnection } from "#lib/server/vendors.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, parent, url }) => {
  requireAdmin((await parent()).me, url);
  const { connection, vendor } = await readConnection(fetch, params.id);
  const wish = readWish((name) => url.searchParams.get(name), connection.pollIntervalMs);
  const query = new URLSearchParams({ pollIntervalMs: String(wish.everyMs) });
  if (vendor.history && wish.pastDays > 0) {
    const { from, to } = pastSpan(wish.pastDays, Date.now());
    query.set("historyFrom", from);
    query.set("historyTo", to);
  }
  const plan = await readApi<Plan>(fetch, `/api/v1/connections/${connection.id}/plan?${query}`);
  return {
    connection,
    vendor,
    wish,
    intervalsS: intervalsS(connection.pollIntervalMs),
    devices: plan.devices,
    schedule: plan.changed ?? plan.present,
    history: plan.history,
  };
};

export const actions: Actions = {
  sample: async ({ fetch, params }) => {
    const { connection, vendor } = await readConnection(fetch, params.id);
    const listed = vendor.listsDevices ? worthAsking(await readFirstListed(fetch, connection.id)) : [];
    const asked = listed.length > 0 ? listed : [null];
    const samples: SampledDevice[] = [];
    for (const device of asked) {
      const body = device ? { serialNumber: device.serialNumber } : {};
      const answer = await callApi<ConnectionTest>(fetch, `/api/v1/connections/${connection.id}/test`, body);
      if (!answer.ok) return fail(answer.refusal.status, { message: refusalText(answer.refusal), samples: null });
      samples.push({ name: device?.name ?? null, test: answer.body });
      // What refuses one refuses the next.
      if (!answer.body.ok) break;
    }
    return { message: null, samples };
  },

  start: async ({ request, fetch, params, cookies }) => {
    const { connection, vendor } = await readConnection(fetch, params.id);
    const form = await request.formData();
    const wish = readWish((name) => formText(form, name), connection.pollIntervalMs);
    const path = `/api/v1/connections/${connection.id}`;
    if (wish.everyMs !== connection.pollIntervalMs) {
      const changed = await changeApi(fetch, path, { method: "PATCH", body: { pollIntervalMs: wish.everyMs } });
      if (!changed.ok) return fail(changed.refusal.status, { message: refusalText(changed.refusal), samples: null });
    }
    if (connection.pausedAt !== null) {
      const resumed = await changeApi(fetch, `${path}/resume`, { method: "POST" });
      if (!resumed.ok) return fail(resumed.refusal.status, { message: refusalText(resumed.refusal), samples: null });
    }
    if (vendor.history && wish.pastDays > 0) {
      const job = await callApi<BackfillJob>(fetch, `${path}/backfill-jobs`, pastSpan(wish.pastDays, Date.now()));
      if (!job.ok) return fail(job.refusal.status, { message: refusalText(job.refusal), samples: null });
    }
    setFlash(cookies, "connectionStarted");
    redirect(303, `/connect/${connection.id}/progress`);
  },
};
