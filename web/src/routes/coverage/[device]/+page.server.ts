import { fail, redirect } from "@sveltejs/kit";
import type { BackfillJob, Connection, Device, Gaps, Plan, Site } from "#lib/api/types.gen.ts";
import { hullOf, parseHoleSpan } from "#lib/coverage/hole-span.ts";
import { callApi, type Fetch, formErrors, type Refusal, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import type { Actions, PageServerLoad } from "./$types";

const GAPS_SHOWN = 200;

export const load: PageServerLoad = async ({ fetch, params, url, parent, depends }) => {
  depends("kilowatch:hole");
  const devicePath = `/api/v1/devices/${encodeURIComponent(params.device)}`;
  const { body: device } = await readSignedIn<Device>(fetch, devicePath, url);
  const span = parseHoleSpan(url.searchParams, Date.now());
  const range = { from: new Date(span.fromMs).toISOString(), to: new Date(span.toMs).toISOString() };
  const query = new URLSearchParams({ ...range, limit: String(GAPS_SHOWN) });
  const [site, gaps, { me }] = await Promise.all([
    readApi<Site>(fetch, `/api/v1/sites/${device.siteId}`),
    readApi<Gaps>(fetch, `${devicePath}/gaps?${query}`),
    parent(),
  ]);
  const job = url.searchParams.get("job");
  return {
    device: { id: device.id, name: device.name },
    site: { id: site.id, name: site.name, timezone: site.timezone },
    span,
    isAsked: gaps.asked,
    gaps: gaps.items,
    hasMore: gaps.nextCursor !== null,
    repair:
      me?.role === "admin" && device.connectionId !== null ? await repairOf(fetch, device.connectionId, gaps) : null,
    job: me?.role === "admin" && job ? await jobOf(fetch, job) : null,
  };
};

/** What asking again takes, for those who may, or why it cannot be asked for. */
async function repairOf(fetch: Fetch, connectionId: string, { items }: Gaps) {
  const path = `/api/v1/connections/${connectionId}`;
  const connection = await callApi<Connection>(fetch, path);
  if (!connection.ok) return null;
  const { id, name } = connection.body;
  const hull = hullOf(items);
  if (!hull) return { connection: { id, name }, hull: null, cost: null, obstacle: null };
  const query = new URLSearchParams({ historyFrom: hull.from, historyTo: hull.to });
  const plan = await callApi<Plan>(fetch, `${path}/plan?${query}`);
  const cost = plan.ok ? plan.body.history : null;
  return { connection: { id, name }, hull, cost, obstacle: plan.ok ? null : wordsOf(plan.refusal) };
}

async function jobOf(fetch: Fetch, id: string): Promise<BackfillJob | null> {
  const answer = await callApi<BackfillJob>(fetch, `/api/v1/backfill-jobs/${encodeURIComponent(id)}`);
  return answer.ok ? answer.body : null;
}

export const actions: Actions = {
  repair: async ({ fetch, params, request, url, cookies }) => {
    const form = await request.formData();
    const read = (name: string): string => String(form.get(name) ?? "");
    const body = { from: read("from"), to: read("to"), deviceIds: [params.device] };
    const path = `/api/v1/connections/${encodeURIComponent(read("connection"))}/backfill-jobs`;
    const answer = await callApi<BackfillJob>(fetch, path, body);
    if (!answer.ok) return fail(answer.refusal.status, { refusal: wordsOf(answer.refusal) });
    setFlash(cookies, "importStarted");
    const back = new URLSearchParams({
      from: url.searchParams.get("from") ?? body.from,
      to: url.searchParams.get("to") ?? body.to,
    });
    redirect(303, `/coverage/${encodeURIComponent(params.device)}?${back}&job=${answer.body.id}`);
  },
};

function wordsOf(refusal: Refusal): string {
  const { message, fields } = formErrors(refusal);
  return message ?? Object.values(fields).join(" ");
}
