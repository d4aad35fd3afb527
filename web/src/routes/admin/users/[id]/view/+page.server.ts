import type { Me, PersonView, User } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { idPart } from "#lib/server/lists.ts";
import { SECTIONS } from "#lib/shell/sections.ts";
import type { PageServerLoad } from "./$types";

const SITES_PER_PAGE = 100;

export const load: PageServerLoad = async ({ fetch, params, url }) => {
  const after = url.searchParams.get("after");
  const cursor = after ? `&cursor=${encodeURIComponent(after)}` : "";
  const path = `/api/v1/users/${idPart(params.id)}`;
  const [{ id, name, email, isAdmin, sites }, view] = await Promise.all([
    readApi<User>(fetch, path),
    readApi<PersonView>(fetch, `${path}/view?limit=${SITES_PER_PAGE}${cursor}`),
  ]);
  // As they would be told who they are, so that the header's own rule says which sections they find.
  const me: Me = { user: { id, email, name }, role: isAdmin ? "admin" : "viewer", sites, demo: false };
  const sections = SECTIONS.filter(({ isFor }) => isFor(me)).map((section) => section.name);
  return { person: { id, name }, view, sections };
};
