import { fail, redirect } from "@sveltejs/kit";
import type { Connection, CredentialReplaced } from "#lib/api/types.gen.ts";
import { credentialFields } from "#lib/connections/credential-fields.ts";
import { callApi, changeApi, type FormErrors, formErrors, throwRefusal } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ parent }) => {
  const { connection } = await parent();
  return { names: credentialFields(connection.vendor) };
};

/** Nothing of what was written goes back to the browser: a secret that is wrong is a secret, too. */
export const actions: Actions = {
  default: async ({ fetch, params, request, cookies }) => {
    const path = `/api/v1/connections/${encodeURIComponent(params.id)}`;
    const found = await callApi<Connection>(fetch, path);
    if (!found.ok) throwRefusal(found.refusal);
    const form = await request.formData();
    const credential = Object.fromEntries(
      credentialFields(found.body.vendor).map((name) => [name, String(form.get(name) ?? "").trim()]),
    );
    const isUntested = form.get("untested") !== null;
    const answer = await changeApi<CredentialReplaced>(
      fetch,
      `${path}/credential${isUntested ? "?untested=true" : ""}`,
      {
        method: "PUT",
        body: { credential },
      },
    );
    if (!answer.ok) return fail(answer.refusal.status, { errors: fieldErrors(formErrors(answer.refusal)), isUntested });
    setFlash(cookies, "credentialReplaced");
    redirect(303, `/connections/${encodeURIComponent(params.id)}`);
  },
};

/** The API names a part of the credential by its whole path. */
function fieldErrors({ message, fields }: FormErrors): FormErrors {
  const short = Object.entries(fields).map(([path, words]) => [path.replace(/^credential\./, ""), words]);
  return { message, fields: Object.fromEntries(short) };
}
