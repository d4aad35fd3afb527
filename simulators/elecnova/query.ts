/** What may stand in a query, and how it is read. */

export const PAGE_SIZE_MAX = 100;
/** Used when the query names none. */
const PAGE_SIZE_DEFAULT = 10;

/** RFC 3339: a date, a time, and `Z` or an offset. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** Epoch ms; null when it is missing or no RFC 3339 time. A `+` that was not percent-encoded is a blank, so it is refused. */
export function instant(query: URLSearchParams, name: string): number | null {
  const text = query.get(name) ?? "";
  const timeMs = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs;
}

export function month(query: URLSearchParams): { readonly year: number; readonly month: number } | null {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(query.get("month") ?? "") ?? [];
  return year === undefined ? null : { year: Number(year), month: Number(month) };
}

export function year(query: URLSearchParams): number | null {
  const text = query.get("year") ?? "";
  return /^\d{4}$/.test(text) ? Number(text) : null;
}

/** Page (from 1) and size of it, or what is wrong with them. */
export function pageOf(query: URLSearchParams): { readonly page: number; readonly pageSize: number } | string {
  const page = query.get("page") ?? "1";
  const pageSize = query.get("pageSize") ?? String(PAGE_SIZE_DEFAULT);
  if (!/^[1-9]\d{0,8}$/.test(page)) return "page must be a whole number from 1";
  if (!/^[1-9]\d{0,8}$/.test(pageSize) || Number(pageSize) > PAGE_SIZE_MAX) {
    return `pageSize must be a whole number from 1 to ${PAGE_SIZE_MAX}`;
  }
  return { page: Number(page), pageSize: Number(pageSize) };
}
