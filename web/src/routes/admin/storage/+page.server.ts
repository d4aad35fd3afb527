import type { Retention, Storage } from "#lib/api/types.gen.ts";
import { callApi, readApi, throwRefusal } from "#lib/server/api.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ fetch }) => {
  const [retention, storage] = await Promise.all([
    readApi<Retention>(fetch, "/api/v1/retention"),
    callApi<Storage>(fetch, "/api/v1/storage"),
  ]);
  if (!storage.ok && storage.refusal.status !== 503) throwRefusal(storage.refusal);
  return { retention, storage: storage.ok ? storage.body : null };
};
