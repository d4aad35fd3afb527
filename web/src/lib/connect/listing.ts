import type { Discovery, ListedDevice } from "#lib/api/types.gen.ts";
import { type Fetch, readApi } from "#lib/server/api.ts";
import { isOpen } from "./groups.ts";
import { OFFERED_MAX } from "./listing-limits.ts";

/** Parts of a list that are read for one page, of 500 each. */
const PARTS_MAX = 40;

/** What a vendor listed, as far as somebody may still pick from it. */
export interface List {
  /** When it was read, epoch ms; null before the first time. */
  readonly atMs: number | null;
  readonly open: readonly ListedDevice[];
  /** Whether there are more than `open` holds. */
  readonly isMore: boolean;
  /** Listed, and nothing that polling would bring. */
  readonly unusable: number;
}

/** Reads what the vendor listed when it was asked last. Asks the vendor nothing. */
export async function readList(fetch: Fetch, connectionId: string): Promise<List> {
  const open: ListedDevice[] = [];
  let unusable = 0;
  let cursor: string | null = null;
  let atMs: number | null = null;
  for (let part = 0; part < PARTS_MAX; part++) {
    const page: Discovery = await readApi<Discovery>(fetch, pathOf(connectionId, cursor));
    atMs = page.at === null ? null : Date.parse(page.at);
    open.push(...page.items.filter(isOpen));
    unusable += page.items.filter(({ metrics, state }) => metrics.length === 0 && state !== "gone").length;
    cursor = page.nextCursor;
    if (cursor === null || open.length > OFFERED_MAX) break;
  }
  return { atMs, open: open.slice(0, OFFERED_MAX), isMore: cursor !== null || open.length > OFFERED_MAX, unusable };
}

/** Every listed device of the first part: enough to find one of each kind. */
export async function readFirstListed(fetch: Fetch, connectionId: string): Promise<readonly ListedDevice[]> {
  return (await readApi<Discovery>(fetch, pathOf(connectionId, null))).items;
}

function pathOf(connectionId: string, cursor: string | null): string {
  const path = `/api/v1/connections/${encodeURIComponent(connectionId)}/discovery?limit=500`;
  return cursor === null ? path : `${path}&cursor=${encodeURIComponent(cursor)}`;
}
