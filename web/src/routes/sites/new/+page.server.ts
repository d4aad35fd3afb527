import { error, fail, redirect } from "@sveltejs/kit";
import type { Me, Site } from "#lib/api/types.gen.ts";
import { callApi } from "#lib/server/api.ts";
import { changeErrors } from "#lib/server/change-errors.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { TIMEZONES } from "#lib/server/timezones.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { mayChangeSites } from "#lib/shell/rights.ts";
import { FORM_NAME_OF_SITE_FIELD, readSiteFields, siteBody } from "#lib/site/site-fields.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const { body: me } = await readSignedIn<Me>(fetch, "/api/v1/me", url);
  if (!mayChangeSites(me)) error(403, text.site.form.notYours);
  return { timezones: TIMEZONES };
};

export const actions: Actions = {
  default: async ({ request, fetch, cookies }) => {
    const fields = readSiteFields(await request.formData());
    const read = siteBody(fields);
    if ("errors" in read) return fail(422, { fields, errors: { message: null, fields: read.errors } });
    const answer = await callApi<Site>(fetch, "/api/v1/sites", read.body);
    if (!answer.ok) {
      return fail(answer.refusal.status, { fields, errors: changeErrors(answer.refusal, FORM_NAME_OF_SITE_FIELD) });
    }
    setFlash(cookies, "siteAdded");
    redirect(303, `/sites/${answer.body.id}`);
  },
};
