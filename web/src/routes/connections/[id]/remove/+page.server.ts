import { fail, redirect } from "@sveltejs/kit";
import { changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import type { Actions } from "./$types";

export const actions: Actions = {
  default: async ({ fetch, params, request, cookies }) => {
    const fate = (await request.formData()).get("devices") === "delete" ? "delete" : "keep";
    const path = `/api/v1/connections/${encodeURIComponent(params.id)}?devices=${fate}`;
    const answer = await changeApi<unknown>(fetch, path, { method: "DELETE" });
    if (!answer.ok) return fail(answer.refusal.status, { refusal: formErrors(answer.refusal).message });
    setFlash(cookies, "connectionRemoved");
    redirect(303, "/connections");
  },
};
