import { InvalidInput } from "../domain/errors.ts";

/** A stretch of a list in ascending id order. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Hand it back to go on; null when this was the last. */
  readonly nextCursor: string | null;
}

export const EMPTY_PAGE: Page<never> = { items: [], nextCursor: null };

export interface PageRequest {
  /** 1 to `PAGE_ITEMS_MAX`. */
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export const PAGE_ITEMS_MAX = 500;
export const PAGE_ITEMS_DEFAULT = 100;

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id after which the page begins; empty for the first page. @throws InvalidInput when the cursor is none of ours. */
export function afterId(request: PageRequest): string {
  if (request.cursor === undefined) return "";
  const id = Buffer.from(request.cursor, "base64url").toString("latin1");
  if (!ID.test(id)) {
    throw new InvalidInput([{ path: "cursor", message: "must be the nextCursor of an earlier answer" }]);
  }
  return id;
}

/** A page of a list that is held in memory, in whatever order it comes. @throws InvalidInput when the cursor is none of ours */
export function pageAmong<Item extends { readonly id: string }>(
  all: readonly Item[],
  request: PageRequest,
): Page<Item> {
  const after = afterId(request);
  const rest = all.filter(({ id }) => id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
  return pageOf(rest, request.limit);
}

/** Makes a page of rows that were asked for with one row more than the limit. */
export function pageOf<Item extends { readonly id: string }>(rows: readonly Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    nextCursor: rows.length > limit && last ? Buffer.from(last.id, "latin1").toString("base64url") : null,
  };
}
