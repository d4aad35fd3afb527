import { error, fail, redirect } from "@sveltejs/kit";
import type { Site } from "#lib/api/types.gen.ts";
import { changeApi, type Fetch, formErrors, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { readDevices } from "#lib/server/site-reads.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { mayChangeSites } from "#lib/shell/rights.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

/** Devices that are named one by one. */
const NAMES_MAX = 20;

export const load: PageServerLoad = async ({ fetch, params, url, parent }) => {
  const { body: site } = await readSignedIn<Site>(fetch, pathOf(params.id), url);
  if (!mayChangeSites((await parent()).me)) error(403, text.site.form.notYours);
  const { devices } = await readDevices(fetch, site.id);
  return {
    site,
    devices: devices.length,
    names: devices.slice(0, NAMES_MAX).map(({ id, name }) => ({ id, name })),
    isConnected: devices.some(({ connectionId }) => connectionId !== null),
  };
};

export const actions: Actions = {
  default: async ({ request, fetch, params, cookies }) => {
    const site = await readApi<Site>(fetch, pathOf(params.id));
    const typed = String((await request.formData()).get("name") ?? "").trim();
    const refusal = await deleteSite(fetch, site, typed);
    if (refusal) return fail(refusal.status, { message: refusal.message });
    setFlash(cookies, "siteDeleted");
    redirect(303, "/sites");
  },
};

interface Refused {
  readonly status: number;
  readonly message: string;
}

/** Only a site without devices can be deleted: they go first, and only after its name was typed. Null when it is gone. */
async function deleteSite(fetch: Fetch, site: Site, typed: string): Promise<Refused | null> {
  const { devices } = await readDevices(fetch, site.id);
  if (devices.length > 0 && typed !== site.name) return { status: 422, message: text.site.remove.notTheName };
  for (const { id } of devices) {
    const refused = await deleteAt(fetch, `/api/v1/devices/${id}`);
    // Somebody else may have been quicker.
    if (refused && refused.status !== 404) return refused;
  }
  return deleteAt(fetch, pathOf(site.id));
}

async function deleteAt(fetch: Fetch, path: string): Promise<Refused | null> {
  const answer = await changeApi(fetch, path, { method: "DELETE" });
  if (answer.ok) return null;
  const { refusal } = answer;
  return { status: refusal.status, message: formErrors(refusal).message ?? text.errors.title(refusal.status) };
}

function pathOf(id: string): string {
  return `/api/v1/sites/${encodeURIComponent(id)}`;
}
