import type { GetApiV1AuditResponse, Storage } from "#lib/api/types.gen.ts";
import { callApi, readApi } from "#lib/server/api.ts";
import type { PageServerLoad } from "./$types";

const ENTRIES_SHOWN = 6;

export const load: PageServerLoad = async ({ fetch }) => {
  const [audit, storage] = await Promise.all([
    readApi<GetApiV1AuditResponse>(fetch, `/api/v1/audit?limit=${ENTRIES_SHOWN}`),
    callApi<Storage>(fetch, "/api/v1/storage"),
  ]);
  return { entries: audit.items, storage: storage.ok ? storage.body : null };
};
