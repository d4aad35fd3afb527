import type { BackfillJob } from "#lib/api/types.gen.ts";
import { requireAdmin } from "#lib/server/admin-only.ts";
import { readApi } from "#lib/server/api.ts";
import { readConnection } from "#lib/server/vendors.ts";
import type { PageServerLoad } from "./$types";

/** Imports that the page shows, the newest first: the one that was just begun, and what went before. */
const JOBS_SHOWN = 3;

export const load: PageServerLoad = async ({ fetch, params, parent, url, depends }) => {
  depends("kilowatch:progress");
  requireAdmin((await parent()).me, url);
  const { connection, vendor } = await readConnection(fetch, params.id);
  const jobs = await readApi<{ items: BackfillJob[] }>(fetch, `/api/v1/connections/${connection.id}/backfill-jobs`);
  const newest = jobs.items.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, JOBS_SHOWN);
  return { asOfMs: Date.now(), connection, vendor, jobs: newest };
};
