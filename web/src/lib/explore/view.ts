import { clamped, type TimeRange } from "../chart/range.ts";

/** Ranges that end now, or today. */
export const QUICK_RANGES = ["1h", "today", "7d", "30d", "1y", "all"] as const;
export type QuickRange = (typeof QUICK_RANGES)[number];

/** `m4` draws what a line through every reading would show; `mean` the mean of each column. */
export const AGGREGATES = ["m4", "mean"] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export type RangeChoice =
  | { readonly kind: "quick"; readonly name: QuickRange }
  | ({ readonly kind: "fixed" } & TimeRange);

/** What the page shows, as it stands in the address. */
export interface View {
  /** Ids of the metrics, in the order in which they were picked; null for those of the saved set. */
  readonly picks: readonly string[] | null;
  /** The saved set that is open. */
  readonly setId: string | null;
  readonly range: RangeChoice;
  readonly aggregate: Aggregate;
  /** Whether the same metrics a week before are drawn too. */
  readonly compares: boolean;
  /** Whose clock the times are by; null for that of the metrics' sites. */
  readonly timezone: string | null;
  readonly search: Search;
}

/** What is looked for in the list of metrics. */
export interface Search {
  readonly text: string;
  readonly siteId: string | null;
  readonly deviceId: string | null;
  /** Where the list goes on. */
  readonly after: string | null;
}

/** Metrics that are drawn at once. */
export const PICKS_MAX = 40;
const SEARCH_TEXT_MAX = 200;
const CURSOR_LENGTH_MAX = 100;
const TIMEZONE_LENGTH_MAX = 60;

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What is read of an address. */
type Fields = Pick<URLSearchParams, "get">;

/** Reads an address; whatever does not belong there is left out. */
export function parseView(params: Fields): View {
  const named = params.get("m");
  return {
    picks: named === null ? null : [...new Set(named.split(",").filter((id) => ID.test(id)))].slice(0, PICKS_MAX),
    setId: idOf(params.get("set")),
    range: rangeOf(params),
    aggregate: AGGREGATES.find((each) => each === params.get("agg")) ?? "m4",
    compares: params.get("compare") === "week",
    timezone: timezoneOf(params.get("tz")),
    search: {
      text: (params.get("q") ?? "").slice(0, SEARCH_TEXT_MAX).toWellFormed(),
      siteId: idOf(params.get("site")),
      deviceId: idOf(params.get("device")),
      after: params.get("after")?.slice(0, CURSOR_LENGTH_MAX).toWellFormed() || null,
    },
  };
}

/** The view's place in the address, from the question mark on; "?" of an empty one. */
export function formatView(view: View): string {
  return `?${viewFields(view)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":")}`)
    .join("&")}`;
}

/** The same as fields of a form. */
export function viewFields(view: View): [name: string, value: string][] {
  const { picks, setId, range, aggregate, compares, timezone, search } = view;
  const fixed = range.kind === "fixed" ? range : null;
  const fields: [name: string, value: string | null][] = [
    ["set", setId],
    ["m", picks === null ? null : picks.join(",")],
    ["range", range.kind === "quick" && range.name !== QUICK_DEFAULT ? range.name : null],
    ["from", fixed && new Date(fixed.fromMs).toISOString()],
    ["to", fixed && new Date(fixed.toMs).toISOString()],
    ["agg", aggregate === "m4" ? null : aggregate],
    ["compare", compares ? "week" : null],
    ["tz", timezone],
    ["q", search.text || null],
    ["site", search.siteId],
    ["device", search.deviceId],
    ["after", search.after],
  ];
  return fields.filter((field): field is [string, string] => field[1] !== null);
}

export const QUICK_DEFAULT: QuickRange = "today";

function rangeOf(params: Fields): RangeChoice {
  const [fromMs, toMs] = [Date.parse(params.get("from") ?? ""), Date.parse(params.get("to") ?? "")];
  if (fromMs < toMs) return { kind: "fixed", ...clamped({ fromMs, toMs }) };
  return { kind: "quick", name: QUICK_RANGES.find((name) => name === params.get("range")) ?? QUICK_DEFAULT };
}

function idOf(text: string | null): string | null {
  return text !== null && ID.test(text) ? text : null;
}

function timezoneOf(text: string | null): string | null {
  if (!text || text.length > TIMEZONE_LENGTH_MAX) return null;
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return text;
  } catch {
    return null;
  }
}
