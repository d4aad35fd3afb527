import { fail, redirect } from "@sveltejs/kit";
import { requireAdmin } from "#lib/server/admin-only.ts";
import { changeApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { refusalText } from "#lib/server/refusal-text.ts";
import { readConnection } from "#lib/server/vendors.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, parent, url }) => {
  requireAdmin((await parent()).me, url);
  return { connection: (await readConnection(fetch, params.id)).connection };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const devices = (await request.formData()).get("devices") === "delete" ? "delete" : "keep";
    const path = `/api/v1/connections/${encodeURIComponent(params.id)}?devices=${devices}`;
    const answer = await changeApi(fetch, path, { method: "DELETE" });
    if (!answer.ok) return fail(answer.refusal.status, { message: refusalText(answer.refusal) });
    setFlash(cookies, "connectionRemoved");
    redirect(303, "/start");
  },
};
