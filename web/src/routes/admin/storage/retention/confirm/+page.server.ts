import { fail, redirect } from "@sveltejs/kit";
import { changesOf, keepsLess, policyOf, type RetentionChange } from "#lib/admin/retention.ts";
import type { Retention, RetentionCut, Storage } from "#lib/api/types.gen.ts";
import { callApi, changeApi, type Fetch, formErrors, readApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import { forgetStorage } from "#lib/server/storage-reads.ts";
import type { Actions, PageServerLoad } from "./$types";

const FORM = "/admin/storage/retention";

export const load: PageServerLoad = async ({ fetch, url }) => {
  const { policy, faults } = policyOf((name) => url.searchParams.get(name) ?? "");
  if (Object.keys(faults).length > 0) redirect(303, FORM);
  const [before, storage] = await Promise.all([
    readApi<Retention>(fetch, "/api/v1/retention"),
    callApi<Storage>(fetch, "/api/v1/storage"),
  ]);
  const changes = changesOf(before.policy, policy);
  if (changes.length === 0) redirect(303, FORM);
  return {
    changes: await Promise.all(
      changes.map(async (change) => ({ ...change, deletesBefore: await cutOf(fetch, change, before) })),
    ),
    kinds: storage.ok ? storage.body.kinds : null,
  };
};

/** Before when a change deletes what is still there; null when it deletes nothing. */
async function cutOf(fetch: Fetch, change: RetentionChange, { removed }: Retention): Promise<string | null> {
  if (!keepsLess(change)) return null;
  const { before } = await readApi<RetentionCut>(fetch, `/api/v1/retention/cut?days=${change.toDays}`);
  const gone = removed[change.kind];
  const goneBefore = change.of === "raw" ? gone?.readingsBefore : gone?.rollupsBefore;
  return Date.parse(before) > Date.parse(goneBefore ?? "1970-01-01T00:00:00Z") ? before : null;
}

export const actions: Actions = {
  default: async ({ fetch, url, cookies }) => {
    const { policy } = policyOf((name) => url.searchParams.get(name) ?? "");
    const changed = await changeApi<Retention>(fetch, "/api/v1/retention", { method: "PUT", body: policy });
    if (!changed.ok) {
      const { message, fields } = formErrors(changed.refusal);
      return fail(changed.refusal.status, { message: message ?? Object.values(fields).join(" ") });
    }
    forgetStorage();
    setFlash(cookies, "retentionChanged");
    redirect(303, "/admin/storage");
  },
};
