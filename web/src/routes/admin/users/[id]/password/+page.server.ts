import { fail, redirect } from "@sveltejs/kit";
import { PASSWORD_CHARS_MIN } from "#lib/admin/people.ts";
import type { User } from "#lib/api/types.gen.ts";
import { changeApi, formErrors, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { FormFields } from "#lib/server/form-fields.ts";
import { idPart } from "#lib/server/lists.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => {
  const { id, name, email } = await readApi<User>(fetch, `/api/v1/users/${idPart(params.id)}`);
  return { person: { id, name, email }, passwordCharsMin: PASSWORD_CHARS_MIN };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const form = await FormFields.of(request);
    const path = `/api/v1/users/${idPart(params.id)}`;
    const body = { password: form.exact("password") };
    const changed = await changeApi<User>(fetch, path, { method: "PATCH", body });
    if (!changed.ok) return fail(changed.refusal.status, { errors: formErrors(changed.refusal) });
    setFlash(cookies, "passwordReset");
    redirect(303, `/admin/users/${params.id}`);
  },
};
