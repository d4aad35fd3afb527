import { fail, redirect } from "@sveltejs/kit";
import type { Session } from "#lib/api/types.gen.ts";
import { callApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { localPath } from "#lib/server/local-path.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ parent, url, cookies }) => {
  const { me } = await parent();
  const next = localPath(url.searchParams.get("next"));
  if (me?.user) {
    setFlash(cookies, "alreadySignedIn");
    redirect(303, next);
  }
  return { next, demo: me?.demo ?? false };
};

export const actions: Actions = {
  default: async ({ request, fetch, cookies }) => {
    const form = await request.formData();
    const email = String(form.get("email") ?? "");
    const password = String(form.get("password") ?? "");
    const answer = await callApi<Session>(fetch, "/api/v1/auth/login", { email, password });
    if (!answer.ok) {
      const { refusal } = answer;
      const errors = refusal.status === 401 ? { message: text.signIn.refused, fields: {} } : formErrors(refusal);
      return fail(refusal.status, { email, errors });
    }
    setFlash(cookies, "signedIn");
    redirect(303, localPath(form.get("next")));
  },
};
