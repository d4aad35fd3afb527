import { error, fail, redirect } from "@sveltejs/kit";
import type { ApiKey } from "#lib/api/types.gen.ts";
import { changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { idPart, readAll } from "#lib/server/lists.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params }) => {
  const keys = await readAll<ApiKey>(fetch, "/api/v1/api-keys");
  const key = keys.find(({ id }) => id === params.id);
  if (!key) error(404, text.errors.title(404));
  const { name, prefix, lastUsedAt } = key;
  return { nowMs: Date.now(), key: { name, prefix: `kw_${prefix}_…`, lastUsedAt } };
};

export const actions: Actions = {
  default: async ({ fetch, params, cookies }) => {
    const revoked = await changeApi<void>(fetch, `/api/v1/api-keys/${idPart(params.id)}`, { method: "DELETE" });
    if (!revoked.ok) return fail(revoked.refusal.status, { errors: formErrors(revoked.refusal) });
    setFlash(cookies, "keyRevoked");
    redirect(303, "/admin/keys");
  },
};
