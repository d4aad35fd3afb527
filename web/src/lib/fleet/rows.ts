import type { FleetDevice } from "../api/types.gen.ts";

export const STATUSES = ["online", "offline", "unknown"] as const;
export type Status = (typeof STATUSES)[number];

/** What a row of the list shows and what moves it; as small as it can be, for 500 of them travel with the page. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly serialNumber: string | null;
  /** Index into the page's sites; −1 for a site that the visitor does not see. */
  readonly site: number;
  readonly status: Status;
  readonly activePowerW: number | null;
  /** Epoch ms of the power's reading. */
  readonly activePowerAtMs: number | null;
  readonly ratedPowerW: number | null;
  readonly onlineMetricId: string | null;
  readonly activePowerMetricId: string | null;
  /** How many W one of that metric's unit is. */
  readonly activePowerUnitW: number;
  /** Age from which a value is not live, ms. */
  readonly staleAfterMs: number;
}

export function toRow(device: FleetDevice, siteIndex: ReadonlyMap<string, number>): Row {
  return {
    id: device.id,
    name: device.name,
    // Shown only where it says more than the name.
    serialNumber: device.serialNumber === device.name ? null : device.serialNumber,
    site: siteIndex.get(device.siteId) ?? -1,
    status: device.status,
    activePowerW: device.activePowerW,
    activePowerAtMs: device.activePowerAt === null ? null : Date.parse(device.activePowerAt),
    ratedPowerW: device.ratedPowerW,
    onlineMetricId: device.onlineMetricId,
    activePowerMetricId: device.activePowerMetricId,
    activePowerUnitW: device.activePowerUnitW,
    staleAfterMs: device.staleAfterMs,
  };
}

export const SORTS = ["name", "power", "status"] as const;
export type Sort = (typeof SORTS)[number];
/** What needs a look comes first. */
export const SORT_USUAL: Sort = "status";

/** What the list shows, as it stands in the address. */
export interface View {
  readonly query: string;
  readonly status: Status | null;
  readonly sort: Sort;
}

const QUERY_LENGTH_MAX = 100;

export function parseView(params: { get(name: string): string | null }): View {
  return {
    query: (params.get("q") ?? "").slice(0, QUERY_LENGTH_MAX),
    status: STATUSES.find((status) => status === params.get("status")) ?? null,
    sort: SORTS.find((sort) => sort === params.get("sort")) ?? SORT_USUAL,
  };
}

/** The address's query for a view; what is as usual is left out. */
export function formatView(view: View): string {
  const params = new URLSearchParams();
  const query = view.query.trim();
  if (query) params.set("q", query);
  if (view.status) params.set("status", view.status);
  if (view.sort !== SORT_USUAL) params.set("sort", view.sort);
  const search = params.toString();
  return search ? `?${search}` : "/";
}

type Matchable = Pick<Row, "name" | "serialNumber" | "site" | "status">;

/** Whether a row is in the view: every word occurs in its name, serial number or site, whatever the case. */
export function matcher(view: View, siteNames: readonly string[]): (row: Matchable) => boolean {
  const words = view.query.toLowerCase().split(/\s+/).filter(Boolean);
  const sites = siteNames.map((name) => name.toLowerCase());
  return (row) => {
    if (view.status && row.status !== view.status) return false;
    if (words.length === 0) return true;
    const haystack = `${row.name.toLowerCase()}\n${row.serialNumber?.toLowerCase() ?? ""}\n${sites[row.site] ?? ""}`;
    return words.every((word) => haystack.includes(word));
  };
}

const STATUS_RANK: Readonly<Record<Status, number>> = { offline: 0, unknown: 1, online: 2 };

type Sortable = Pick<Row, "name" | "status" | "activePowerW" | "ratedPowerW">;

const DIGITS_MAX = 20;

/** Numbers in names count as numbers, capitals as small letters, and no locale takes part: thousands of names are compared as plain text. */
function orderOfName(name: string): string {
  return name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(DIGITS_MAX, "0"));
}

/** By name, upwards. */
export function inNameOrder<T extends Pick<Row, "name">>(rows: readonly T[]): T[] {
  const named = rows.map((row) => ({ row, name: orderOfName(row.name) }));
  return named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).map(({ row }) => row);
}

/**
 * A new order: names upwards; power downwards with "no value" last; status with what needs a look first.
 * @param named in the order of their names, which decides between equals
 */
export function sorted<T extends Sortable>(named: readonly T[], sort: Sort): readonly T[] {
  if (sort === "name") return named;
  if (sort === "power")
    return named.toSorted((a, b) => compareNumbers(b.activePowerW ?? -Infinity, a.activePowerW ?? -Infinity));
  return named.toSorted(
    (a, b) => STATUS_RANK[a.status] - STATUS_RANK[b.status] || compareNumbers(shareOfRated(a), shareOfRated(b)),
  );
}

/** What an inverter gives of what it could; one of which that is not known comes after those of which it is. */
function shareOfRated({ status, activePowerW, ratedPowerW }: Sortable): number {
  if (status !== "online" || activePowerW === null || !ratedPowerW) return Infinity;
  return activePowerW / ratedPowerW;
}

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
