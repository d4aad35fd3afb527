import type { Connection } from "#lib/api/types.gen.ts";
import { requireAdmin } from "#lib/server/admin-only.ts";
import { readApi } from "#lib/server/api.ts";
import { readVendors } from "#lib/server/vendors.ts";
import { unfinished } from "#lib/start/checklist.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, parent, url }) => {
  requireAdmin((await parent()).me, url);
  const connections = await readApi<{ items: Connection[] }>(fetch, "/api/v1/connections?limit=500");
  return { vendors: await readVendors(fetch), unfinished: unfinished(connections.items) };
};
