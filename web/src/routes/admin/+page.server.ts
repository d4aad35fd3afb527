import type { GetApiV1AuditResponse } from "#lib/api/types.gen.ts";
import { readApi } from "#lib/server/api.ts";
import { readStorage } from "#lib/server/storage-reads.ts";
import type { PageServerLoad } from "./$types";

const ENTRIES_SHOWN = 6;

export const load: PageServerLoad = async (event) => {
  const [audit, storage] = await Promise.all([
    readApi<GetApiV1AuditResponse>(event.fetch, `/api/v1/audit?limit=${ENTRIES_SHOWN}`),
    readStorage(event),
  ]);
  return { entries: audit.items, storage };
};
