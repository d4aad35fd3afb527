import { readStorage } from "#lib/server/storage-reads.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const [{ installation }, storage] = await Promise.all([event.parent(), readStorage(event)]);
  if (!storage) return { bytes: null };
  const { readings, rollups, leavingBytes, journalBytes } = storage;
  const inFolderBytes = installation.readings === "data folder" ? readings.bytes + rollups.bytes + leavingBytes : 0;
  return { bytes: journalBytes + inFolderBytes };
};
