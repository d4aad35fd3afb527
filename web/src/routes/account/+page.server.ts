import { fail, redirect } from "@sveltejs/kit";
import { namedRoles, PASSWORD_CHARS_MIN, siteNames } from "#lib/admin/people.ts";
import type { Account, Session, Site } from "#lib/api/types.gen.ts";
import { changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { FormFields } from "#lib/server/form-fields.ts";
import { readAll } from "#lib/server/lists.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, parent }) => {
  const { me } = await parent();
  if (!me?.user) redirect(303, "/sign-in?next=/account");
  const isAdmin = me.role === "admin";
  const sites = isAdmin ? [] : await readAll<Site>(fetch, "/api/v1/sites");
  return {
    account: me.user,
    isAdmin,
    roles: namedRoles(me.sites, siteNames(sites)),
    passwordCharsMin: PASSWORD_CHARS_MIN,
  };
};

export const actions: Actions = {
  name: async ({ request, fetch, cookies }) => {
    const name = (await FormFields.of(request)).text("name");
    const changed = await changeApi<Account>(fetch, "/api/v1/me", { method: "PATCH", body: { name } });
    if (!changed.ok) return fail(changed.refusal.status, { naming: { name, errors: formErrors(changed.refusal) } });
    setFlash(cookies, "accountChanged");
    redirect(303, "/account");
  },

  password: async ({ request, fetch, cookies }) => {
    const form = await FormFields.of(request);
    const body = { present: form.exact("present"), password: form.exact("password") };
    const changed = await changeApi<Session>(fetch, "/api/v1/me/password", { method: "PUT", body });
    if (!changed.ok) return fail(changed.refusal.status, { passing: { errors: formErrors(changed.refusal) } });
    setFlash(cookies, "passwordChanged");
    redirect(303, "/account");
  },
};
