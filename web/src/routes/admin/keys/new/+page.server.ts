import { fail } from "@sveltejs/kit";
import { expiryOf, lifetimeOf, SCOPES } from "#lib/admin/keys.ts";
import { byName } from "#lib/admin/people.ts";
import type { NewApiKey, Site } from "#lib/api/types.gen.ts";
import { callApi, type FormErrors, formErrors } from "#lib/server/api.ts";
import { FormFields } from "#lib/server/form-fields.ts";
import { readAll } from "#lib/server/lists.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch }) => {
  const sites = await readAll<Site>(fetch, "/api/v1/sites");
  return { sites: sites.map(({ id, name }) => ({ id, name })).sort((a, b) => byName(a.name, b.name)) };
};

export const actions: Actions = {
  default: async ({ request, fetch, url }) => {
    const form = await FormFields.of(request);
    const wanted = {
      name: form.text("name"),
      scopes: SCOPES.filter((scope) => form.all("scopes").includes(scope)),
      isLimited: form.text("reach") === "some",
      siteIds: form.all("siteIds"),
      lifetime: lifetimeOf(form.text("lifetime")),
      unknownSeries: form.text("unknownSeries") === "refuse" ? "refuse" : "create",
    };
    const refused = (status: number, errors: FormErrors) => fail(status, { wanted, errors, made: null });

    const fields: Record<string, string> = {};
    if (wanted.scopes.length === 0) fields["scopes"] = text.admin.keys.pickScope;
    if (wanted.isLimited && wanted.siteIds.length === 0) fields["siteIds"] = text.admin.keys.pickSites;
    if (Object.keys(fields).length > 0) return refused(422, { message: null, fields });

    const answer = await callApi<NewApiKey>(fetch, "/api/v1/api-keys", {
      name: wanted.name,
      scopes: wanted.scopes,
      siteIds: wanted.isLimited ? wanted.siteIds : null,
      expiresAt: expiryOf(wanted.lifetime, Date.now()),
      ingest: { unknownSeries: wanted.unknownSeries },
    });
    if (!answer.ok) return refused(answer.refusal.status, formErrors(answer.refusal));
    // The one answer that holds the key is the page that the form's POST brings: neither an address nor a cookie may.
    const { name, key } = answer.body;
    // Whoever posts a form says under which address they reach this server.
    const origin = request.headers.get("origin") ?? url.origin;
    return { wanted: null, errors: null, made: { name, key, scopes: wanted.scopes, origin } };
  },
};
