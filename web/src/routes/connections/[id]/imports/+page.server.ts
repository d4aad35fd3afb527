import { fail, redirect } from "@sveltejs/kit";
import type { BackfillJob, Plan } from "#lib/api/types.gen.ts";
import { importSpan, parseImportDays } from "#lib/connections/import-range.ts";
import { callApi, changeApi, formErrors, throwRefusal } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { readVendor } from "#lib/server/vendors.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import type { FlashCode } from "#lib/shell/flash.ts";
import { text } from "#lib/text.ts";
import type { Actions, PageServerLoad } from "./$types";

const JOBS_PER_PAGE = 50;

export const load: PageServerLoad = async ({ fetch, params, url, parent, depends }) => {
  depends("kilowatch:connection");
  const path = `/api/v1/connections/${encodeURIComponent(params.id)}`;
  const list = `${path}/backfill-jobs?limit=${JOBS_PER_PAGE}`;
  const { body } = await readSignedIn<{ items: BackfillJob[] }>(fetch, list, url);
  const days = parseImportDays(url.searchParams, Date.now());
  // By the time of making: the ids tell it, and the newest is of interest.
  const jobs = body.items.toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const vendor = await readVendor(fetch, (await parent()).connection.vendor);
  const has = { vendor: vendor.title, hasPast: vendor.history !== null, days, jobs };
  if (!has.hasPast || !days.isRange) return { ...has, cost: null, obstacle: null };
  const { from, to } = importSpan(days);
  const plan = await callApi<Plan>(fetch, `${path}/plan?${new URLSearchParams({ historyFrom: from, historyTo: to })}`);
  if (plan.ok) return { ...has, cost: plan.body.history, obstacle: null };
  const { message, fields } = formErrors(plan.refusal);
  if (plan.refusal.status >= 500) throwRefusal(plan.refusal);
  return { ...has, cost: null, obstacle: message ?? Object.values(fields).join(" ") };
};

export const actions: Actions = {
  start: async ({ fetch, params, request, cookies }) => {
    const days = parseImportDays(await request.formData(), Date.now());
    if (!days.isRange) return fail(422, { refusal: text.connection.imports.wrongDates });
    const path = `/api/v1/connections/${encodeURIComponent(params.id)}/backfill-jobs`;
    const answer = await callApi<BackfillJob>(fetch, path, importSpan(days));
    if (!answer.ok) return refused(answer.refusal);
    setFlash(cookies, "importStarted");
    redirect(303, importsPath(params.id));
  },
  pause: (event) => become(event, "POST", "/pause", "importPaused"),
  resume: (event) => become(event, "POST", "/resume", "importResumed"),
  cancel: (event) => become(event, "DELETE", "", "importCancelled"),
};

type Action = Parameters<NonNullable<Actions["pause"]>>[0];

async function become(
  { fetch, params, request, cookies }: Action,
  method: "POST" | "DELETE",
  deed: string,
  done: FlashCode,
) {
  const job = encodeURIComponent(String((await request.formData()).get("job")));
  const answer = await changeApi<unknown>(fetch, `/api/v1/backfill-jobs/${job}${deed}`, { method });
  if (!answer.ok) return refused(answer.refusal);
  setFlash(cookies, done);
  redirect(303, importsPath(params.id));
}

function refused(refusal: Parameters<typeof formErrors>[0]) {
  const { message, fields } = formErrors(refusal);
  return fail(refusal.status, { refusal: message ?? Object.values(fields).join(" ") });
}

function importsPath(id: string): string {
  return `/connections/${encodeURIComponent(id)}/imports`;
}
