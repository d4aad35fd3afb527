import { fail, redirect } from "@sveltejs/kit";
import { byName, namedRoles, roleOf, siteNames } from "#lib/admin/people.ts";
import type { Member, Site, User } from "#lib/api/types.gen.ts";
import { callApi, changeApi, formErrors, throwRefusal } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { FormFields } from "#lib/server/form-fields.ts";
import { idPart, readAll } from "#lib/server/lists.ts";
import type { Undo } from "#lib/shell/undo.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => {
  const [answer, sites] = await Promise.all([
    callApi<User>(fetch, `/api/v1/users/${idPart(params.id)}`),
    readAll<Site>(fetch, "/api/v1/sites"),
  ]);
  if (!answer.ok) throwRefusal(answer.refusal);
  const { sites: held, ...person } = answer.body;
  const roles = namedRoles(held, siteNames(sites));
  const taken = new Set(roles.map(({ siteId }) => siteId));
  return {
    person,
    etag: answer.etag ?? "*",
    roles,
    sitesToGive: sites
      .filter(({ id }) => !taken.has(id))
      .map(({ id, name }) => ({ id, name }))
      .sort((a, b) => byName(a.name, b.name)),
    hasSites: sites.length > 0,
  };
};

const memberPath = (siteId: string, userId: string): string =>
  `/api/v1/sites/${idPart(siteId)}/members/${idPart(userId)}`;

/** Gives the role that there was; with what the form says beside it. */
function undoOf(userId: string, form: FormFields, beside: Undo["fields"]): Undo {
  const fields = { siteId: form.text("siteId"), role: form.text("was"), ...beside };
  return { action: `/admin/users/${idPart(userId)}?/role`, fields };
}

export const actions: Actions = {
  change: async ({ request, fetch, params, cookies }) => {
    const form = await FormFields.of(request);
    const person = { name: form.text("name"), email: form.text("email"), isAdmin: form.isOn("isAdmin") };
    const path = `/api/v1/users/${idPart(params.id)}`;
    const changed = await changeApi<User>(fetch, path, { method: "PATCH", body: person, ifMatch: form.text("etag") });
    if (!changed.ok) {
      return fail(changed.refusal.status, { changing: { person, errors: formErrors(changed.refusal) } });
    }
    setFlash(cookies, "personChanged");
    redirect(303, `/admin/users/${params.id}`);
  },

  role: async ({ request, fetch, params, cookies }) => {
    const form = await FormFields.of(request);
    const body = { role: roleOf(form.text("role")) };
    const put = await changeApi<Member>(fetch, memberPath(form.text("siteId"), params.id), { method: "PUT", body });
    if (!put.ok) return fail(put.refusal.status, { sites: formErrors(put.refusal) });
    if (form.isOn("isNew")) setFlash(cookies, "siteGiven");
    else setFlash(cookies, "roleChanged", undoOf(params.id, form, { was: body.role }));
    redirect(303, `/admin/users/${params.id}`);
  },

  remove: async ({ request, fetch, params, cookies }) => {
    const form = await FormFields.of(request);
    const removed = await changeApi<void>(fetch, memberPath(form.text("siteId"), params.id), { method: "DELETE" });
    if (!removed.ok) return fail(removed.refusal.status, { sites: formErrors(removed.refusal) });
    setFlash(cookies, "siteTaken", undoOf(params.id, form, { isNew: "yes" }));
    redirect(303, `/admin/users/${params.id}`);
  },
};
