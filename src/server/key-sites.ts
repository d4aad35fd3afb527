import type { SeriesDirectory } from "../catalogue/directory.ts";
import type { ApiKey } from "../domain/api-key.ts";
import { NotAllowed, NotFound } from "../domain/errors.ts";

type Params = Readonly<Record<string, string | undefined>>;
type SiteOf = (params: Params, directory: SeriesDirectory) => string | undefined;

const itself: SiteOf = ({ id }) => id;
const named: SiteOf = ({ siteId }) => siteId;
const ofDevice: SiteOf = ({ id }, directory) => directory.device(id ?? "")?.siteId;
const ofMetric: SiteOf = ({ id }, directory) => directory.byMetric(id ?? "")?.siteId;

/** Calls that a key limited to some sites may make, and the site that each is about. All other calls are refused to such a key. */
const ABOUT_ONE_SITE: Readonly<Record<string, { readonly object: string; readonly siteOf: SiteOf }>> = {
  "/api/v1/sites/:id": { object: "site", siteOf: itself },
  "/api/v1/sites/:siteId/devices": { object: "site", siteOf: named },
  "/api/v1/sites/:siteId/latest": { object: "site", siteOf: named },
  "/api/v1/sites/:siteId/stream": { object: "site", siteOf: named },
  "/api/v1/devices/:id": { object: "device", siteOf: ofDevice },
  "/api/v1/metrics/:id": { object: "metric", siteOf: ofMetric },
  "/api/v1/metrics/:id/latest": { object: "metric", siteOf: ofMetric },
  "/api/v1/metrics/:id/series": { object: "metric", siteOf: ofMetric },
};

/** Their push source, or what they select, keeps a limited key within its sites. */
const LIMITED_BY_SOURCE = new Set([
  "/data",
  "/write",
  "/api/v2/write",
  "/api/v1/readings",
  "/api/v1/series",
  "/api/v1/latest",
]);

/**
 * Keeps a key within its sites.
 * @param url the route's pattern
 * @throws NotFound the same for another site's object and for one that is not there; NotAllowed for a call about no one site
 */
export function requireSiteOfKey(key: ApiKey, url: string, params: Params, directory: SeriesDirectory): void {
  if (key.siteIds === null || LIMITED_BY_SOURCE.has(url)) return;
  const call = ABOUT_ONE_SITE[url];
  if (!call) throw new NotAllowed("This API key is limited to some sites, and this call is not about one.");
  const siteId = call.siteOf(params, directory);
  if (siteId === undefined || !key.siteIds.includes(siteId)) throw new NotFound(call.object);
}
