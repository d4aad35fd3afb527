import { type Fetch, readApi } from "#lib/server/api.ts";

/** Items of one page of a list: as many as the API hands out at once. */
const PAGE_ITEMS = 500;
/** Pages that are read of one list: of people, keys and sites there are no more. */
const PAGES_MAX = 40;

interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** A whole list of the API, page after page. Any refusal becomes the error page with that status. */
export async function readAll<Item>(fetch: Fetch, path: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor = "";
  for (let page = 0; page < PAGES_MAX; page++) {
    const { items: more, nextCursor } = await readApi<ListPage<Item>>(fetch, `${path}?limit=${PAGE_ITEMS}${cursor}`);
    items.push(...more);
    if (nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
  }
  return items;
}

/** An id in a path of the API: what a visitor wrote into an address stays one part of it. */
export function idPart(id: string): string {
  return encodeURIComponent(id);
}
