import type { Gaps, Site, SiteCoverage } from "#lib/api/types.gen.ts";
import { heatRows } from "#lib/coverage/heat.ts";
import { parseCoverageView, spanOf } from "#lib/coverage/view.ts";
import { readApi } from "#lib/server/api.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import type { PageServerLoad } from "./$types";

const SITES_MAX = 500;
const DEVICES_PER_PAGE = 50;
const GAPS_SHOWN = 20;

export const load: PageServerLoad = async ({ fetch, url, depends }) => {
  depends("kilowatch:coverage");
  const view = parseCoverageView(url.searchParams);
  const { body } = await readSignedIn<{ items: Site[] }>(fetch, `/api/v1/sites?limit=${SITES_MAX}`, url);
  const sites = body.items
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ id, name, timezone }) => ({ id, name, timezone }));
  const site =
    sites.find(({ id }) => id === view.siteId) ?? (view.siteId === null ? sites[0] : await oneSite(fetch, view.siteId));
  if (!site) return { view, sites, site: null };

  const nowMs = Date.now();
  const span = spanOf(view, nowMs, site.timezone);
  const range = { from: new Date(span.fromMs).toISOString(), to: new Date(span.toMs).toISOString() };
  const path = `/api/v1/sites/${encodeURIComponent(site.id)}`;
  const query = new URLSearchParams({ ...range, step: span.step, limit: String(DEVICES_PER_PAGE) });
  if (view.after) query.set("cursor", view.after);
  const [coverage, gaps] = await Promise.all([
    readApi<SiteCoverage>(fetch, `${path}/coverage?${query}`),
    readApi<Gaps>(fetch, `${path}/gaps?${new URLSearchParams({ ...range, limit: String(GAPS_SHOWN) })}`),
  ]);
  const { edges, nextCursor } = coverage;
  return {
    view,
    sites,
    site,
    span,
    edges,
    rows: heatRows(coverage, nowMs),
    nextCursor,
    gaps: { items: gaps.items, asked: gaps.asked, hasMore: gaps.nextCursor !== null },
  };
};

/** A site that is not among the first. */
async function oneSite(fetch: Parameters<PageServerLoad>[0]["fetch"], id: string) {
  const { name, timezone } = await readApi<Site>(fetch, `/api/v1/sites/${encodeURIComponent(id)}`);
  return { id, name, timezone };
}
