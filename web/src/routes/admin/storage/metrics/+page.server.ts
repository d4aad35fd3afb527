import type { Site } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { idPart } from "#lib/server/lists.ts";
import { readLargestMetrics } from "#lib/server/storage-reads.ts";
import type { PageServerLoad } from "./$types";

/** The largest are what somebody looks for here. */
const METRICS_SHOWN = 100;

export const load: PageServerLoad = async (event) => {
  const siteId = event.url.searchParams.get("site");
  const query = new URLSearchParams({ limit: String(METRICS_SHOWN), ...(siteId && { siteId }) });
  const [site, metrics] = await Promise.all([
    siteId ? readApi<Site>(event.fetch, `/api/v1/sites/${idPart(siteId)}`) : null,
    readLargestMetrics(event, query),
  ]);
  return { siteName: site?.name ?? null, metrics: metrics.items, isCut: metrics.items.length === METRICS_SHOWN };
};
