import { fail, redirect } from "@sveltejs/kit";
import type { Device, LatestValue, NewApiKey, Site } from "#lib/api/types.gen.ts";
import { type Arrival, arrivalOf, newestArrivals } from "#lib/push/arrivals.ts";
import { browserOrigin } from "#lib/push/snippets.ts";
import { requireAdmin } from "#lib/server/admin-only.ts";
import { callApi, type Fetch, type FormErrors, formErrors, type Refusal, readApi } from "#lib/server/api.ts";
import { formText } from "#lib/server/form-text.ts";
import { refusalText } from "#lib/server/refusal-text.ts";
import { TIMEZONES } from "#lib/server/timezones.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

const SITES_MAX = 500;

export const load: PageServerLoad = async ({ fetch, parent, url, depends }) => {
  depends("kilowatch:push");
  requireAdmin((await parent()).me, url);
  const asOfMs = Date.now();
  const { items: sites } = await readApi<{ items: Site[] }>(fetch, `/api/v1/sites?limit=${SITES_MAX}`);
  const asked = url.searchParams.get("site");
  const site = sites.find(({ id }) => id === asked) ?? (sites.length === 1 ? sites[0] : undefined);
  return {
    asOfMs,
    sites: sites.map(({ id, name }) => ({ id, name })),
    site: site ? { id: site.id, name: site.name, timezone: site.timezone } : null,
    isNew: asked === "new",
    timezones: TIMEZONES,
    arrivals: site ? await arrivalsAt(fetch, site.id) : [],
  };
};

async function arrivalsAt(fetch: Fetch, siteId: string): Promise<readonly Arrival[]> {
  const { items } = await readApi<{ items: LatestValue[] }>(fetch, `/api/v1/latest?siteId=${siteId}`);
  const newest = newestArrivals(items);
  const ids = [...new Set(newest.map(({ deviceId }) => deviceId))];
  const devices = await Promise.all(
    ids.map(async (id) => {
      // One that was deleted a moment ago goes by its id.
      const answer = await callApi<Device>(fetch, `/api/v1/devices/${id}`);
      return [id, answer.ok ? answer.body : undefined] as const;
    }),
  );
  const byId = new Map(devices);
  return newest.map((latest) => arrivalOf(latest, byId.get(latest.deviceId)));
}

export const actions: Actions = {
  site: async ({ request, fetch }) => {
    const form = await request.formData();
    const [name, timezone] = [formText(form, "name"), formText(form, "timezone")];
    const fields: Record<string, string> = {};
    if (!name) fields["name"] = text.push.errors.name;
    if (!timezone) fields["timezone"] = text.push.errors.timezone;
    const refused = (status: number, errors: FormErrors) =>
      fail(status, { site: { name, timezone, errors }, key: null, message: null });
    if (Object.keys(fields).length > 0) return refused(422, { message: null, fields });
    const answer = await callApi<Site>(fetch, "/api/v1/sites", { name, timezone });
    if (!answer.ok) return refused(answer.refusal.status, formErrors(answer.refusal));
    redirect(303, `/push?site=${answer.body.id}`);
  },

  key: async ({ request, fetch, url }) => {
    const form = await request.formData();
    const siteId = formText(form, "site");
    const refused = (refusal: Refusal) =>
      fail(refusal.status, { site: null, key: null, message: refusalText(refusal) });
    const site = await callApi<Site>(fetch, `/api/v1/sites/${encodeURIComponent(siteId)}`);
    if (!site.ok) return refused(site.refusal);
    const answer = await callApi<NewApiKey>(fetch, "/api/v1/api-keys", {
      name: text.push.key.name(site.body.name),
      scopes: ["ingest"],
      siteIds: [siteId],
    });
    if (!answer.ok) return refused(answer.refusal);
    const key = { text: answer.body.key, siteId, origin: browserOrigin(request, url) };
    return { site: null, key, message: null };
  },
};
