import { error, fail, redirect } from "@sveltejs/kit";
import type { Site } from "#lib/api/types.gen.ts";
import { changeApi } from "#lib/server/api.ts";
import { changeErrors } from "#lib/server/change-errors.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { TIMEZONES } from "#lib/server/timezones.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { mayChangeSites } from "#lib/shell/rights.ts";
import { FORM_NAME_OF_SITE_FIELD, readSiteFields, siteBody, siteFieldsOf } from "#lib/site/site-fields.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { body: site, etag } = await readSignedIn<Site>(fetch, pathOf(params.id), url);
  if (!mayChangeSites((await parent()).me)) error(403, text.site.form.notYours);
  return { site, fields: siteFieldsOf(site), version: etag ?? "", timezones: TIMEZONES };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const form = await request.formData();
    const fields = readSiteFields(form);
    const read = siteBody(fields);
    if ("errors" in read) return fail(422, { fields, errors: { message: null, fields: read.errors } });
    const ifMatch = String(form.get("version") ?? "");
    const answer = await changeApi<Site>(fetch, pathOf(params.id), { method: "PATCH", body: read.body, ifMatch });
    if (!answer.ok) {
      const { refusal } = answer;
      const errors = changeErrors(refusal, FORM_NAME_OF_SITE_FIELD);
      return fail(refusal.status, { fields, errors, isOutdated: refusal.status === 412 });
    }
    setFlash(cookies, "siteSaved");
    redirect(303, `/sites/${answer.body.id}`);
  },
};

function pathOf(id: string): string {
  return `/api/v1/sites/${encodeURIComponent(id)}`;
}
