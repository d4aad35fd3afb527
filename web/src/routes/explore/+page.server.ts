import { fail, redirect } from "@sveltejs/kit";
import type { Subscription } from "#lib/api/types.gen.ts";
import { loadFirstPicture, loadFound, loadPicks, loadSaved, loadSet, loadSites } from "#lib/explore/load-page.ts";
import { formatView, PICKS_MAX, parseView, type View } from "#lib/explore/view.ts";
import { type Change, changeApi, type Fetch, formErrors, type Refusal } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, url, isDataRequest, depends }) => {
  depends("kilowatch:explore");
  const view = parseView(url.searchParams);
  const nowMs = Date.now();
  const found = await loadFound(fetch, view.search, `${url.pathname}${url.search}`);
  const [saved, sites, set] = await Promise.all([
    loadSaved(fetch),
    loadSites(fetch),
    view.setId === null ? null : loadSet(fetch, view.setId),
  ]);
  const wanted = view.picks ?? set?.metricIds ?? [];
  const picks = await loadPicks(fetch, wanted);
  return {
    asOfMs: nowMs,
    found,
    sites,
    saved,
    set,
    picks,
    goneCount: Math.min(wanted.length, PICKS_MAX) - picks.length + (view.picks === null ? (set?.goneCount ?? 0) : 0),
    wantedCount: wanted.length,
    // A page that runs draws by itself, and as finely as it is wide.
    first: isDataRequest || picks.length === 0 ? null : await loadFirstPicture(fetch, view, picks, nowMs),
  };
};

export const actions: Actions = {
  save: async ({ fetch, request, url, cookies }) => {
    const view = parseView(url.searchParams);
    const form = await request.formData();
    const name = String(form.get("name") ?? "").trim();
    if (!name) return refused("save", name, { name: text.explore.saved.required });
    const metricIds = await pickedIds(fetch, view);
    const answer = await changeApi<Subscription>(fetch, "/api/v1/subscriptions", {
      method: "POST",
      body: { name, metricIds },
    });
    if (!answer.ok) return refusedBy("save", name, answer.refusal);
    setFlash(cookies, "setSaved");
    redirect(303, `/explore${formatView({ ...view, picks: null, setId: answer.body.id })}`);
  },

  change: async ({ fetch, request, url, cookies }) => {
    const view = parseView(url.searchParams);
    const form = await request.formData();
    const body = { metricIds: await pickedIds(fetch, view) };
    const answer = await changeSet(fetch, view, { method: "PATCH", body, ...versionIn(form) });
    if (!answer.ok) return refusedBy("change", "", answer.refusal);
    setFlash(cookies, "setChanged");
    redirect(303, `/explore${formatView({ ...view, picks: null })}`);
  },

  rename: async ({ fetch, request, url, cookies }) => {
    const view = parseView(url.searchParams);
    const form = await request.formData();
    const name = String(form.get("name") ?? "").trim();
    if (!name) return refused("rename", name, { name: text.explore.saved.required });
    const answer = await changeSet(fetch, view, { method: "PATCH", body: { name }, ...versionIn(form) });
    if (!answer.ok) return refusedBy("rename", name, answer.refusal);
    setFlash(cookies, "setRenamed");
    redirect(303, `/explore${formatView(view)}`);
  },
};

async function pickedIds(fetch: Fetch, view: View): Promise<readonly string[]> {
  if (view.picks !== null) return view.picks;
  return view.setId === null ? [] : (await loadSet(fetch, view.setId)).metricIds;
}

function changeSet(fetch: Fetch, view: View, change: Change) {
  return changeApi<Subscription>(fetch, `/api/v1/subscriptions/${view.setId ?? ""}`, change);
}

function versionIn(form: FormData): { ifMatch?: string } {
  const version = form.get("version");
  return typeof version === "string" && version ? { ifMatch: version } : {};
}

type FormName = "save" | "change" | "rename";

function refused(form: FormName, name: string, fields: Readonly<Record<string, string>>) {
  return fail(422, { form, name, errors: { message: null, fields } });
}

function refusedBy(form: FormName, name: string, refusal: Refusal) {
  return fail(refusal.status, { form, name, errors: formErrors(refusal) });
}
