import { fail, redirect } from "@sveltejs/kit";
import type { Session, Setup } from "#lib/api/types.gen.ts";
import { callApi, type FormErrors, formErrors, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

const PASSWORD_LENGTH_MIN = 12;

export const load: PageServerLoad = async ({ url, fetch }) => {
  const { needsAdmin } = await readApi<Setup>(fetch, "/api/v1/setup");
  return { code: url.searchParams.get("code") ?? "", needsAdmin, passwordLengthMin: PASSWORD_LENGTH_MIN };
};

export const actions: Actions = {
  default: async ({ request, fetch, cookies }) => {
    const form = await request.formData();
    const read = (name: string): string => String(form.get(name) ?? "");
    const [code, email, name, password] = [read("code"), read("email").trim(), read("name").trim(), read("password")];

    const fields: Record<string, string> = {};
    if (!name) fields["name"] = text.welcome.required;
    if (!email) fields["email"] = text.welcome.required;
    if (password.length < PASSWORD_LENGTH_MIN) fields["password"] = text.welcome.passwordShort(PASSWORD_LENGTH_MIN);
    const errors: FormErrors = { message: null, fields };
    if (Object.keys(fields).length > 0) return fail(422, { email, name, errors });

    const answer = await callApi<Session>(fetch, "/api/v1/setup", { code, email, name, password });
    if (!answer.ok) return fail(answer.refusal.status, { email, name, errors: formErrors(answer.refusal) });
    setFlash(cookies, "adminCreated");
    redirect(303, "/start");
  },
};
