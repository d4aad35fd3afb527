import { auditQuery, filterOf } from "#lib/admin/audit.ts";
import type { ApiKey, GetApiV1AuditResponse, Site, User } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { readAll } from "#lib/server/lists.ts";
import type { PageServerLoad } from "./$types";

const ENTRIES_PER_PAGE = 50;

export const load: PageServerLoad = async ({ fetch, url }) => {
  const filter = filterOf(url.searchParams);
  const { query, wrong } = auditQuery(filter);
  query.set("limit", String(ENTRIES_PER_PAGE));
  const after = url.searchParams.get("after");
  if (after) query.set("cursor", after);
  const [page, newest, people, keys, sites] = await Promise.all([
    readApi<GetApiV1AuditResponse>(fetch, `/api/v1/audit?${query}`),
    readApi<GetApiV1AuditResponse>(fetch, "/api/v1/audit?limit=1"),
    readAll<User>(fetch, "/api/v1/users"),
    readAll<ApiKey>(fetch, "/api/v1/api-keys"),
    readAll<Site>(fetch, "/api/v1/sites"),
  ]);
  return {
    filter,
    wrong,
    entries: page.items,
    nextCursor: page.nextCursor,
    newest: newest.items[0] ?? null,
    people: people.map(({ id, email }) => ({ id, name: email })),
    keys: keys.map(({ id, name }) => ({ id, name })),
    // Ids that entries name, as far as they are on this page: a long list of sites stays on the server.
    names: namesIn(page.items, [
      ...people.map(({ id, email }) => [id, email] as const),
      ...keys.map(({ id, name }) => [id, name] as const),
      ...sites.map(({ id, name }) => [id, name] as const),
    ]),
  };
};

/** The names of the ids that stand in entries, and of the one that is filtered by. */
function namesIn(
  entries: GetApiV1AuditResponse["items"],
  known: readonly (readonly [id: string, name: string])[],
): ReadonlyMap<string, string> {
  const said = JSON.stringify(entries.map(({ object, detail }) => [object, detail]));
  return new Map(known.filter(([id]) => said.includes(id)));
}
