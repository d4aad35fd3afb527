import { isHttpError } from "@sveltejs/kit";
import type { GetApiV1StorageMetricsResponse, Installation, Storage } from "#lib/api/types.gen.ts";
import { type Fetch, readApi } from "./api.ts";
import { Recent } from "./recent.ts";

/** The engine counts every row for it: for so long the last count is shown, ms. */
const KEPT_MS = 10_000;
const LISTS_MAX = 100;

const recent = { keptMs: KEPT_MS, nowMs: () => Date.now() };
const uses = new Recent<Storage>({ ...recent, entriesMax: 1 });
const lists = new Recent<GetApiV1StorageMetricsResponse>({ ...recent, entriesMax: LISTS_MAX });

/** The load of a page of the administration. Its parent's data is had by administrators alone, who share the answers. */
interface AdminLoad {
  readonly fetch: Fetch;
  parent(): Promise<{ readonly installation: Installation }>;
}

/** What is on the disk, up to 10 s ago; null while the engine does not answer. */
export async function readStorage({ fetch, parent }: AdminLoad): Promise<Storage | null> {
  await parent();
  try {
    return await uses.get("", () => readApi<Storage>(fetch, "/api/v1/storage"));
  } catch (error) {
    if (isHttpError(error, 503)) return null;
    throw error;
  }
}

/** The metrics that take the most, up to 10 s ago. @param query of `/storage/metrics` */
export async function readLargestMetrics(
  { fetch, parent }: AdminLoad,
  query: URLSearchParams,
): Promise<GetApiV1StorageMetricsResponse> {
  await parent();
  return lists.get(`${query}`, () => readApi(fetch, `/api/v1/storage/metrics?${query}`));
}

/** Something was deleted: the next page counts anew. */
export function forgetStorage(): void {
  uses.clear();
  lists.clear();
}
