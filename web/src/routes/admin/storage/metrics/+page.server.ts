import type { GetApiV1StorageMetricsResponse, Site } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { idPart } from "#lib/server/lists.ts";
import type { PageServerLoad } from "./$types";

/** The largest are what somebody looks for here. */
const METRICS_SHOWN = 100;

export const load: PageServerLoad = async ({ fetch, url }) => {
  const siteId = url.searchParams.get("site");
  const ofSite = siteId ? `&siteId=${encodeURIComponent(siteId)}` : "";
  const [site, metrics] = await Promise.all([
    siteId ? readApi<Site>(fetch, `/api/v1/sites/${idPart(siteId)}`) : null,
    readApi<GetApiV1StorageMetricsResponse>(fetch, `/api/v1/storage/metrics?limit=${METRICS_SHOWN}${ofSite}`),
  ]);
  return { siteName: site?.name ?? null, metrics: metrics.items, isCut: metrics.items.length === METRICS_SHOWN };
};
