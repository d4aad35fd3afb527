import { fail, redirect } from "@sveltejs/kit";
import type { Discovery, DiscoverySummary, Site } from "#lib/api/types.gen.ts";
import { LISTED_STATES, parseSerials } from "#lib/connections/listed.ts";
import { callApi, formErrors, readApi, throwRefusal } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

const DEVICES_PER_PAGE = 100;
const SITES_MAX = 500;
/** What the API answers for a vendor that lists nothing. */
const LISTS_NONE = 409;

export const load: PageServerLoad = async ({ fetch, params, url, parent, depends }) => {
  depends("kilowatch:connection");
  // Whoever has to sign in first is sent there before anything else is asked.
  await parent();
  const state = LISTED_STATES.find((each) => each === url.searchParams.get("state")) ?? null;
  const after = url.searchParams.get("after");
  const query = new URLSearchParams({ limit: String(DEVICES_PER_PAGE) });
  if (state) query.set("state", state);
  if (after) query.set("cursor", after);
  const answer = await callApi<Discovery>(fetch, `${apiPath(params.id)}/discovery?${query}`);
  if (!answer.ok && answer.refusal.status !== LISTS_NONE) throwRefusal(answer.refusal);
  const sites = await readApi<{ items: Site[] }>(fetch, `/api/v1/sites?limit=${SITES_MAX}`);
  return {
    state,
    discovery: answer.ok ? answer.body : null,
    obstacle: answer.ok ? null : (formErrors(answer.refusal).message ?? ""),
    sites: sites.items.map(({ id, name }) => ({ value: id, label: name })),
  };
};

export const actions: Actions = {
  read: async ({ fetch, params, cookies }) => {
    const answer = await callApi<DiscoverySummary>(fetch, `${apiPath(params.id)}/discovery`, {});
    if (!answer.ok) return refused(answer.refusal);
    setFlash(cookies, "listRead");
    redirect(303, devicesPath(params.id));
  },
  add: async ({ fetch, params, request, cookies }) => {
    const form = await request.formData();
    const named = parseSerials(String(form.get("serials") ?? ""));
    const serialNumbers = [...form.getAll("serial").map(String), ...named];
    if (serialNumbers.length === 0) return fail(422, { refusal: text.connection.devices.pickOne });
    const siteId = String(form.get("siteId") ?? "");
    const answer = await callApi<unknown>(fetch, `${apiPath(params.id)}/devices`, { siteId, serialNumbers });
    if (!answer.ok) return refused(answer.refusal);
    setFlash(cookies, "devicesAdded");
    redirect(303, devicesPath(params.id));
  },
};

function refused(refusal: Parameters<typeof formErrors>[0]) {
  const { message, fields } = formErrors(refusal);
  return fail(refusal.status, { refusal: message ?? Object.values(fields).join(" ") });
}

function apiPath(id: string): string {
  return `/api/v1/connections/${encodeURIComponent(id)}`;
}

function devicesPath(id: string): string {
  return `/connections/${encodeURIComponent(id)}/devices`;
}
