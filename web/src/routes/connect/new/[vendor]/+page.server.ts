import { fail, redirect } from "@sveltejs/kit";
import type { Connection, ConnectionTest, Vendor } from "#lib/api/types.gen.ts";
import { requireAdmin } from "#lib/server/admin-only.ts";
import { callApi, changeApi, type FormErrors, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { formText } from "#lib/server/form-text.ts";
import { readVendor } from "#lib/server/vendors.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, parent, url }) => {
  requireAdmin((await parent()).me, url);
  return { vendor: await readVendor(fetch, params.vendor) };
};

/** What a failed attempt hands back to the form: no part of the credential that is free text. */
interface Attempt {
  readonly name: string;
  readonly baseUrl: string;
  readonly choices: Readonly<Record<string, string>>;
}

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const vendor = await readVendor(fetch, params.vendor);
    const form = await request.formData();
    const { attempt, credential, fields } = readAccount(form, vendor);
    const { name, baseUrl } = attempt;
    const refused = (status: number, errors: FormErrors) => fail(status, { attempt, errors, test: null });
    if (Object.keys(fields).length > 0) return refused(422, { message: null, fields });

    const account = { vendor: vendor.id, baseUrl, credential };
    const tested = await callApi<ConnectionTest>(fetch, "/api/v1/connections/test", account);
    if (!tested.ok) return refused(tested.refusal.status, formErrors(tested.refusal));
    if (!tested.body.ok) {
      return fail(422, { attempt, errors: { message: null, fields: {} } as FormErrors, test: tested.body });
    }

    const made = await callApi<Connection>(fetch, "/api/v1/connections", { ...account, name });
    if (!made.ok) return refused(made.refusal.status, formErrors(made.refusal));
    const { id } = made.body;
    // It has no devices, and so asks nothing. Paused, it goes on asking nothing while they are chosen.
    await changeApi(fetch, `/api/v1/connections/${id}/pause`, { method: "POST" });
    setFlash(cookies, "connectionSaved");
    redirect(303, `/connect/${id}/devices`);
  },
};

function readAccount(form: FormData, vendor: Vendor) {
  const fields: Record<string, string> = {};
  const required = (name: string): string => {
    const value = formText(form, name);
    if (!value) fields[name] = text.connect.account.required;
    return value;
  };
  const name = required("name");
  const baseUrl = required("baseUrl");
  const credential: Record<string, string> = {};
  const choices: Record<string, string> = {};
  for (const { name: part, choices: offered, default: unlessTold } of vendor.credential) {
    const field = `credential.${part}`;
    const value = unlessTold === null ? required(field) : formText(form, field);
    if (value) credential[part] = value;
    if (offered) choices[part] = value;
  }
  return { attempt: { name, baseUrl, choices } satisfies Attempt, credential, fields };
}
