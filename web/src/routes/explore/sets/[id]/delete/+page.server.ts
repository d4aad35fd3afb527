import { fail, redirect } from "@sveltejs/kit";
import { loadSet } from "#lib/explore/load-page.ts";
import { changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => ({
  set: await loadSet(fetch, encodeURIComponent(params.id)),
});

export const actions: Actions = {
  default: async ({ fetch, params, cookies }) => {
    const set = await loadSet(fetch, encodeURIComponent(params.id));
    const path = `/api/v1/subscriptions/${encodeURIComponent(params.id)}`;
    const answer = await changeApi(fetch, path, { method: "DELETE" });
    if (!answer.ok) return fail(answer.refusal.status, { message: formErrors(answer.refusal).message });
    const picked = `m=${set.metricIds.join(",")}`;
    setFlash(cookies, "setDeleted", { action: `/explore?/save&${picked}`, fields: { name: set.name } });
    redirect(303, "/explore");
  },
};
