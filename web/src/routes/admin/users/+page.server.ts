import { namedRoles, siteNames } from "#lib/admin/people.ts";
import type { GetApiV1UsersResponse, Site } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { readAll } from "#lib/server/lists.ts";
import type { PageServerLoad } from "./$types";

const PEOPLE_PER_PAGE = 50;
/** Longest text that the API looks for. */
const SEARCH_CHARS_MAX = 200;

export const load: PageServerLoad = async ({ fetch, url }) => {
  const search = (url.searchParams.get("search") ?? "").trim().slice(0, SEARCH_CHARS_MAX);
  const after = url.searchParams.get("after");
  const query = new URLSearchParams({ limit: String(PEOPLE_PER_PAGE) });
  if (search) query.set("search", search);
  if (after) query.set("cursor", after);
  const [page, sites] = await Promise.all([
    readApi<GetApiV1UsersResponse>(fetch, `/api/v1/users?${query}`),
    readAll<Site>(fetch, "/api/v1/sites"),
  ]);
  const names = siteNames(sites);
  return {
    search,
    people: page.items.map(({ sites: roles, ...person }) => ({ ...person, roles: namedRoles(roles, names) })),
    nextCursor: page.nextCursor,
  };
};
