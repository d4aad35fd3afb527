import { fail, redirect } from "@sveltejs/kit";
import type { Connection, DiscoverySummary, Site } from "#lib/api/types.gen.ts";
import { FIELD } from "#lib/connect/groups.ts";
import { readList } from "#lib/connect/listing.ts";
import { type Pick, readPicks } from "#lib/connect/picks.ts";
import { requireAdmin } from "#lib/server/admin-only.ts";
import { callApi, changeApi, type Fetch, type FormErrors, formErrors, type Refusal, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { refusalText } from "#lib/server/refusal-text.ts";
import { TIMEZONES } from "#lib/server/timezones.ts";
import { readConnection } from "#lib/server/vendors.ts";
import type { Actions, PageServerLoad } from "./$types";

const SITES_MAX = 500;

export const load: PageServerLoad = async ({ fetch, params, parent, url }) => {
  requireAdmin((await parent()).me, url);
  const { connection, vendor } = await readConnection(fetch, params.id);
  const { items: sites } = await readApi<{ items: Site[] }>(fetch, `/api/v1/sites?limit=${SITES_MAX}`);
  return {
    asOfMs: Date.now(),
    connection,
    vendor,
    sites: sites.map(({ id, name }) => ({ id, name })),
    timezones: TIMEZONES,
    list: vendor.listsDevices ? await readList(fetch, connection.id) : null,
  };
};

export const actions: Actions = {
  discover: async ({ fetch, params }) => {
    const path = `/api/v1/connections/${encodeURIComponent(params.id)}/discovery`;
    const answer = await changeApi<DiscoverySummary>(fetch, path, { method: "POST" });
    if (!answer.ok) return fail(answer.refusal.status, { errors: formErrors(answer.refusal), kept: null });
    redirect(303, `/connect/${params.id}/devices`);
  },

  pick: async ({ request, fetch, params, cookies }) => {
    const { connection } = await readConnection(fetch, params.id);
    const form = await request.formData();
    const { picks, fields } = readPicks(form);
    const refused = (status: number, errors: FormErrors) => fail(status, { errors, kept: keptOf(form) });
    if (Object.keys(fields).length > 0) return refused(422, { message: fields[""] ?? null, fields });

    // A connection that has asked nothing so far begins when its plan has been seen.
    if (connection.devices === 0 && connection.pausedAt === null) {
      await changeApi(fetch, `/api/v1/connections/${connection.id}/pause`, { method: "POST" });
    }
    const failed = await collect(fetch, connection, picks);
    if (failed)
      return fail(failed.refusal.status, { errors: errorsOf(failed), kept: failed.isPartial ? null : keptOf(form) });
    if (connection.devices > 0 && connection.pausedAt === null) {
      setFlash(cookies, "devicesAdded");
      redirect(303, `/connections/${connection.id}`);
    }
    redirect(303, `/connect/${connection.id}/plan`);
  },
};

interface Failure {
  readonly refusal: Refusal;
  /** The group whose new site was refused; null where it was something else. */
  readonly siteOf: number | null;
  /** Whether something was done before, so that the page now offers other groups than the form had. */
  readonly isPartial: boolean;
}

/** Makes the sites that are new, and collects the devices. What was done before a failure stays: the page then offers the rest. */
async function collect(fetch: Fetch, { id }: Connection, picks: readonly Pick[]): Promise<Failure | null> {
  /** Several groups may mean one new site. */
  const made = new Map<string, string>();
  let isPartial = false;
  for (const { group, site, serialNumbers } of picks) {
    const key = JSON.stringify(site);
    let siteId = "id" in site ? site.id : made.get(key);
    if (siteId === undefined) {
      const answer = await callApi<Site>(fetch, "/api/v1/sites", site);
      if (!answer.ok) return { refusal: answer.refusal, siteOf: group, isPartial };
      siteId = answer.body.id;
      made.set(key, siteId);
      isPartial = true;
    }
    const answer = await callApi(fetch, `/api/v1/connections/${id}/devices`, { siteId, serialNumbers });
    if (!answer.ok) return { refusal: answer.refusal, siteOf: null, isPartial };
    isPartial = true;
  }
  return null;
}

/** What the API says of a new site stands beside the fields of its group, as long as the page still has that group. */
function errorsOf({ refusal, siteOf, isPartial }: Failure): FormErrors {
  const { message, fields } = formErrors(refusal);
  if (siteOf === null || isPartial || message !== null) return { message: refusalText(refusal), fields: {} };
  const named: Record<string, string> = {};
  if (fields["name"]) named[FIELD.name(siteOf)] = fields["name"];
  if (fields["timezone"]) named[FIELD.timezone(siteOf)] = fields["timezone"];
  return { message: null, fields: named };
}

/** What was filled in, so that a refused form comes back as it was. */
function keptOf(form: FormData): Readonly<Record<string, readonly string[]>> {
  const kept: Record<string, string[]> = {};
  for (const [name, value] of form) {
    kept[name] ??= [];
    if (typeof value === "string") kept[name].push(value);
  }
  return kept;
}
