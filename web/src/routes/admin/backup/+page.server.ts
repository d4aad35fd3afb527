import type { Storage } from "#lib/api/types.gen.ts";
import { callApi } from "#lib/server/api.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch, parent }) => {
  // Whoever may not is told so by the part's own question, before anything else is asked.
  const { installation } = await parent();
  const storage = await callApi<Storage>(fetch, "/api/v1/storage");
  const { readings, rollups, leavingBytes, journalBytes } = storage.ok ? storage.body : EMPTY;
  const inFolderBytes = installation.readings === "data folder" ? readings.bytes + rollups.bytes + leavingBytes : 0;
  return { bytes: storage.ok ? journalBytes + inFolderBytes : null };
};

const EMPTY = { readings: { bytes: 0 }, rollups: { bytes: 0 }, leavingBytes: 0, journalBytes: 0 };
