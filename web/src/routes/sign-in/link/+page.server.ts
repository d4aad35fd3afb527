import { fail, redirect } from "@sveltejs/kit";
import type { Session } from "#lib/api/types.gen.ts";
import { callApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

/** Looking at the link spends nothing: a browser or a messenger that fetches it ahead must not use it up. */
export const load: PageServerLoad = ({ url }) => ({ code: url.searchParams.get("code") ?? "" });

export const actions: Actions = {
  default: async ({ request, fetch, cookies }) => {
    const code = String((await request.formData()).get("code") ?? "");
    const answer = await callApi<Session>(fetch, "/api/v1/auth/link", { code });
    if (!answer.ok) {
      const { refusal } = answer;
      const message = refusal.status === 401 ? text.link.refused : (formErrors(refusal).message ?? text.link.missing);
      return fail(refusal.status, { message });
    }
    setFlash(cookies, "signedIn");
    redirect(303, "/");
  },
};
