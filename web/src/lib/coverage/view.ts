import { endOfLocalDayMs, localDate, startOfLocalDayMs, startOfOtherLocalDayMs } from "../format/zoned.ts";

/** How many days are shown beside each other. */
export const SPAN_DAYS = [7, 30, 90] as const;
export type SpanDays = (typeof SPAN_DAYS)[number];
const SPAN_DAYS_DEFAULT: SpanDays = 30;

/** What the page of coverage shows, as it stands in the address. */
export interface CoverageView {
  readonly siteId: string | null;
  readonly days: SpanDays;
  /** The last day, "2026-11-22"; null for today. */
  readonly until: string | null;
  /** One day alone, by its hours; null for days. */
  readonly day: string | null;
  /** The devices behind this cursor. */
  readonly after: string | null;
}

export function parseCoverageView(params: { get(name: string): string | null }): CoverageView {
  const days = Number(params.get("days"));
  return {
    siteId: params.get("site") || null,
    days: SPAN_DAYS.find((each) => each === days) ?? SPAN_DAYS_DEFAULT,
    until: dayIn(params.get("until")),
    day: dayIn(params.get("day")),
    after: params.get("after") || null,
  };
}

/** The address's query; what is as usual is left out. */
export function formatCoverageView(view: CoverageView): string {
  const params = new URLSearchParams();
  if (view.siteId) params.set("site", view.siteId);
  if (view.days !== SPAN_DAYS_DEFAULT) params.set("days", String(view.days));
  if (view.until) params.set("until", view.until);
  if (view.day) params.set("day", view.day);
  if (view.after) params.set("after", view.after);
  const search = params.toString();
  return search ? `/coverage?${search}` : "/coverage";
}

/** A stretch of time, epoch ms, with the days before and behind it for going on. */
export interface CoverageSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly step: "P1D" | "PT1H";
  /** The last day shown one page earlier, and one later; null where later lies ahead. */
  readonly earlier: string;
  readonly later: string | null;
}

/** What of time is shown: whole days of the site's own, up to the end of the last one. A day that lies ahead is today. */
export function spanOf({ days, until, day }: CoverageView, nowMs: number, timezone: string): CoverageSpan {
  const shown = day === null ? days : 1;
  const lastDayMs = Math.min(dayStartMs(day ?? until, nowMs, timezone), startOfLocalDayMs(nowMs, timezone));
  const fromMs = startOfOtherLocalDayMs(lastDayMs, 1 - shown, timezone);
  const toMs = endOfLocalDayMs(lastDayMs, timezone);
  const laterMs = startOfLocalDayMs(Math.min(startOfOtherLocalDayMs(lastDayMs, shown, timezone), nowMs), timezone);
  return {
    fromMs,
    toMs,
    step: day === null ? "P1D" : "PT1H",
    earlier: localDate(startOfOtherLocalDayMs(fromMs, -1, timezone), timezone),
    later: toMs > nowMs ? null : localDate(laterMs, timezone),
  };
}

const HOUR_MS = 3_600_000;
/** No zone is further from UTC. */
const OFFSET_HOURS_MAX = 14;

/** When a local day begins, epoch ms. Today's for none, and for one that the zone does not have. */
function dayStartMs(day: string | null, nowMs: number, timezone: string): number {
  if (day === null) return startOfLocalDayMs(nowMs, timezone);
  const noonMs = Date.parse(day) + 12 * HOUR_MS;
  const found = [0, OFFSET_HOURS_MAX, -OFFSET_HOURS_MAX]
    .map((hours) => noonMs + hours * HOUR_MS)
    .find((timeMs) => localDate(timeMs, timezone) === day);
  return startOfLocalDayMs(found ?? nowMs, timezone);
}

/** Years that the API can have readings of. */
const DAY = /^20\d\d-\d\d-\d\d$/;

function dayIn(text: string | null): string | null {
  return text !== null && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : null;
}
