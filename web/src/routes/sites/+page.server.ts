import type { Fleet, Site } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import { mayChangeSites } from "#lib/shell/rights.ts";
import type { PageServerLoad } from "./$types";

const SITES_PER_PAGE = 100;

interface SitePage {
  readonly items: readonly Site[];
  readonly nextCursor: string | null;
}

export const load: PageServerLoad = async ({ fetch, url, parent, depends }) => {
  depends("kilowatch:sites");
  const after = url.searchParams.get("after");
  const path = `/api/v1/sites?limit=${SITES_PER_PAGE}${after ? `&cursor=${encodeURIComponent(after)}` : ""}`;
  const [{ body }, fleet, { me }] = await Promise.all([
    readSignedIn<SitePage>(fetch, path, url),
    readApi<Fleet>(fetch, "/api/v1/fleet"),
    parent(),
  ]);
  const sums = new Map(fleet.sites.map((site) => [site.id, site]));
  return {
    sites: body.items.map(({ id, name, timezone }) => ({ id, name, timezone, sums: sums.get(id) ?? null })),
    nextCursor: body.nextCursor,
    isFirstPage: after === null,
    mayChange: mayChangeSites(me),
  };
};
