import type { Retention } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { readStorage } from "#lib/server/storage-reads.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const [retention, storage] = await Promise.all([
    readApi<Retention>(event.fetch, "/api/v1/retention"),
    readStorage(event),
  ]);
  return { retention, storage };
};
