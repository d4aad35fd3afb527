import { fail, redirect } from "@sveltejs/kit";
import type { Budget, Connection, ConnectionTest, Plan } from "#lib/api/types.gen.ts";
import { BUDGET_SPAN_MS, parseOverview } from "#lib/connections/overview-view.ts";
import { callApi, changeApi, type FormErrors, formErrors, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import type { Undo } from "#lib/shell/undo.ts";
import type { Actions, PageServerLoad } from "./$types";

const HOUR_MS = 3_600_000;

export const load: PageServerLoad = async ({ fetch, params, url, depends }) => {
  depends("kilowatch:connection");
  const path = apiPath(params.id);
  const view = parseOverview(url.searchParams);
  const planQuery = view.pollIntervalMs === null ? "" : `?pollIntervalMs=${view.pollIntervalMs}`;
  const toMs = Date.now();
  // As many whole hours as are drawn, the last of which goes on.
  const fromMs = Math.floor(toMs / HOUR_MS) * HOUR_MS - BUDGET_SPAN_MS[view.range] + HOUR_MS;
  const span = new URLSearchParams({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });
  // Whoever has to sign in first is sent there before anything else is asked.
  const { body: plan } = await readSignedIn<Plan>(fetch, `${path}/plan${planQuery}`, url);
  return { view, plan, budget: await readApi<Budget>(fetch, `${path}/budget?${span}`) };
};

export const actions: Actions = {
  test: async ({ fetch, params }) => {
    const answer = await callApi<ConnectionTest>(fetch, `${apiPath(params.id)}/test`, {});
    return answer.ok ? { test: answer.body } : refused(answer.refusal.status, formErrors(answer.refusal));
  },
  pause: ({ fetch, params, cookies }) => become(fetch, params.id, "pause", cookies),
  resume: ({ fetch, params, cookies }) => become(fetch, params.id, "resume", cookies),
  schedule: async ({ fetch, params, request, cookies }) => {
    const form = await request.formData();
    const [pollIntervalMs, was] = [form.get("pollIntervalMs"), form.get("was")];
    const body = { pollIntervalMs: Number(pollIntervalMs) };
    const answer = await changeApi<Connection>(fetch, apiPath(params.id), { method: "PATCH", body });
    if (!answer.ok) return refused(answer.refusal.status, formErrors(answer.refusal));
    const fields = { pollIntervalMs: String(was), was: String(pollIntervalMs) };
    setFlash(cookies, "connectionChanged", was === null ? undefined : undoOf(params.id, "schedule", fields));
    redirect(303, `/connections/${encodeURIComponent(params.id)}`);
  },
};

type Action = Parameters<NonNullable<Actions["pause"]>>[0];

async function become(fetch: Action["fetch"], id: string, deed: "pause" | "resume", cookies: Action["cookies"]) {
  const answer = await changeApi<Connection>(fetch, `${apiPath(id)}/${deed}`, { method: "POST" });
  if (!answer.ok) return refused(answer.refusal.status, formErrors(answer.refusal));
  if (deed === "pause") setFlash(cookies, "connectionPaused", undoOf(id, "resume"));
  else setFlash(cookies, "connectionResumed", undoOf(id, "pause"));
  redirect(303, `/connections/${encodeURIComponent(id)}`);
}

function undoOf(id: string, action: "pause" | "resume" | "schedule", fields: Undo["fields"] = {}): Undo {
  return { action: `/connections/${encodeURIComponent(id)}?/${action}`, fields };
}

/** What went wrong, as one line above the page: none of these forms has a field that it could stand beside. */
function refused(status: number, { message, fields }: FormErrors) {
  return fail(status, { refusal: message ?? Object.values(fields).join(" ") });
}

function apiPath(id: string): string {
  return `/api/v1/connections/${encodeURIComponent(id)}`;
}
