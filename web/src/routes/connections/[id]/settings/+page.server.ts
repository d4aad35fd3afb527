import { fail, redirect } from "@sveltejs/kit";
import type { Connection } from "#lib/api/types.gen.ts";
import { parseSettings } from "#lib/connections/settings-form.ts";
import { changeApi, formErrors } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { text } from "#lib/text.ts";
import type { Actions } from "./$types";

export const actions: Actions = {
  default: async ({ fetch, params, request, cookies }) => {
    const form = await request.formData();
    const read = (name: string): string => String(form.get(name) ?? "");
    const fields = { name: read("name"), baseUrl: read("baseUrl"), repair: read("repair"), history: read("history") };
    const { patch, wrong } = parseSettings(fields);
    if (wrong.length > 0) {
      const wrongFields = Object.fromEntries(wrong.map((name) => [name, text.connection.settings.shareWrong]));
      return fail(422, { fields, errors: { message: null, fields: wrongFields } });
    }
    const version = read("version");
    const path = `/api/v1/connections/${encodeURIComponent(params.id)}`;
    const answer = await changeApi<Connection>(fetch, path, {
      method: "PATCH",
      body: patch,
      ...(version ? { ifMatch: version } : {}),
    });
    if (answer.ok) {
      setFlash(cookies, "connectionChanged");
      redirect(303, `/connections/${encodeURIComponent(params.id)}/settings`);
    }
    const { refusal } = answer;
    // What is there now is shown instead of what was written: it may differ in any field.
    if (refusal.status === 412) {
      return fail(412, { fields: null, errors: { message: text.connection.settings.meanwhile, fields: {} } });
    }
    return fail(refusal.status, { fields, errors: formErrors(refusal) });
  },
};
