import { fail, redirect } from "@sveltejs/kit";
import type { User } from "#lib/api/types.gen.ts";
import { changeApi, formErrors, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { idPart } from "#lib/server/lists.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => {
  const { id, name, email, sites } = await readApi<User>(fetch, `/api/v1/users/${idPart(params.id)}`);
  return { person: { id, name, email, roles: sites.length } };
};

export const actions: Actions = {
  default: async ({ fetch, params, cookies }) => {
    const deleted = await changeApi<void>(fetch, `/api/v1/users/${idPart(params.id)}`, { method: "DELETE" });
    if (!deleted.ok) return fail(deleted.refusal.status, { errors: formErrors(deleted.refusal) });
    setFlash(cookies, "personDeleted");
    redirect(303, "/admin/users");
  },
};
