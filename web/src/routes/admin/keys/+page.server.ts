import { listedKey } from "#lib/admin/keys.ts";
import { siteNames } from "#lib/admin/people.ts";
import type { GetApiV1ApiKeysResponse, Site } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { readAll } from "#lib/server/lists.ts";
import type { PageServerLoad } from "./$types";

const KEYS_PER_PAGE = 100;

export const load: PageServerLoad = async ({ fetch, url }) => {
  const after = url.searchParams.get("after");
  const cursor = after ? `&cursor=${encodeURIComponent(after)}` : "";
  const [page, sites] = await Promise.all([
    readApi<GetApiV1ApiKeysResponse>(fetch, `/api/v1/api-keys?limit=${KEYS_PER_PAGE}${cursor}`),
    readAll<Site>(fetch, "/api/v1/sites"),
  ]);
  const [names, nowMs] = [siteNames(sites), Date.now()];
  return { nowMs, keys: page.items.map((key) => listedKey(key, names, nowMs)), nextCursor: page.nextCursor };
};
