import { fail, redirect } from "@sveltejs/kit";
import { byName, PASSWORD_CHARS_MIN, roleOf } from "#lib/admin/people.ts";
import type { Member, Site, User } from "#lib/api/types.gen.ts";
import { callApi, changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { FormFields } from "#lib/server/form-fields.ts";
import { idPart, readAll } from "#lib/server/lists.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch }) => {
  const sites = await readAll<Site>(fetch, "/api/v1/sites");
  return {
    passwordCharsMin: PASSWORD_CHARS_MIN,
    sites: sites.map(({ id, name }) => ({ id, name })).sort((a, b) => byName(a.name, b.name)),
  };
};

export const actions: Actions = {
  default: async ({ request, fetch, cookies }) => {
    const form = await FormFields.of(request);
    const person = { name: form.text("name"), email: form.text("email"), isAdmin: form.isOn("isAdmin") };
    const [siteId, role] = [form.text("siteId"), roleOf(form.text("role"))];
    const made = await callApi<User>(fetch, "/api/v1/users", { ...person, password: form.exact("password") });
    if (!made.ok) return fail(made.refusal.status, { ...person, siteId, role, errors: formErrors(made.refusal) });
    const at = `/admin/users/${made.body.id}`;
    if (siteId) {
      const path = `/api/v1/sites/${idPart(siteId)}/members/${made.body.id}`;
      const given = await changeApi<Member>(fetch, path, { method: "PUT", body: { role } });
      if (!given.ok) {
        setFlash(cookies, "personAddedWithoutSite");
        redirect(303, at);
      }
    }
    setFlash(cookies, "personAdded");
    redirect(303, at);
  },
};
