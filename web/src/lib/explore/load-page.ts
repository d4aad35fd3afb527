import { redirect } from "@sveltejs/kit";
import type { FoundMetric, Site, Subscription } from "#lib/api/types.gen.ts";
import { callApi, type Fetch, readApi, throwRefusal } from "#lib/server/api.ts";
import { Recent } from "#lib/server/recent.ts";
import { loadFirstMs, loadPicture } from "./load-picture.ts";
import type { Picture } from "./picture.ts";
import { resolvedRange } from "./quick-range.ts";
import { loadSummary, type Summary } from "./summary.ts";
import { sharedTimezone } from "./timezones.ts";
import { PICKS_MAX, type Search, type View } from "./view.ts";

interface ListPage<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/** Metrics of one page of the list. */
const FOUND_PER_PAGE = 25;
const SITES_LISTED_MAX = 500;
const SETS_LISTED_MAX = 500;

/** The saved set that is open. */
export interface OpenSet {
  readonly id: string;
  readonly name: string;
  readonly metricIds: readonly string[];
  readonly goneCount: number;
  /** What a change of it has to be sent with. */
  readonly version: string | null;
}

export interface SavedSet {
  readonly id: string;
  readonly name: string;
  readonly count: number;
}

/** One's saved sets; null for whoever has nothing of their own. */
export async function loadSaved(fetch: Fetch): Promise<SavedSet[] | null> {
  const answer = await callApi<ListPage<Subscription>>(fetch, `/api/v1/subscriptions?limit=${SETS_LISTED_MAX}`);
  if (!answer.ok) return null;
  return answer.body.items
    .map(({ id, name, metricIds, goneMetricIds }) => ({ id, name, count: metricIds.length + goneMetricIds.length }))
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
}

export async function loadSet(fetch: Fetch, id: string): Promise<OpenSet> {
  const answer = await callApi<Subscription>(fetch, `/api/v1/subscriptions/${id}`);
  if (!answer.ok) throwRefusal(answer.refusal);
  const { name, metricIds, goneMetricIds } = answer.body;
  return { id, name, metricIds, goneCount: goneMetricIds.length, version: answer.etag };
}

/** A page of the list to pick from. Whoever may see nothing is sent to sign in. */
export async function loadFound(fetch: Fetch, search: Search, here: string): Promise<ListPage<FoundMetric>> {
  const query = new URLSearchParams({ limit: String(FOUND_PER_PAGE) });
  if (search.text) query.set("q", search.text);
  if (search.siteId) query.set("siteId", search.siteId);
  if (search.deviceId) query.set("deviceId", search.deviceId);
  if (search.after) query.set("cursor", search.after);
  const answer = await callApi<ListPage<FoundMetric>>(fetch, `/api/v1/metrics?${query}`);
  if (answer.ok) return answer.body;
  if (answer.refusal.status === 401) redirect(303, `/sign-in?next=${encodeURIComponent(here)}`);
  throwRefusal(answer.refusal);
}

export async function loadSites(fetch: Fetch): Promise<{ id: string; name: string }[]> {
  const { items } = await readApi<ListPage<Site>>(fetch, `/api/v1/sites?limit=${SITES_LISTED_MAX}`);
  return items.map(({ id, name }) => ({ id, name }));
}

/** The metrics that are there and may be read, in the order in which they were picked. */
export async function loadPicks(fetch: Fetch, metricIds: readonly string[]): Promise<FoundMetric[]> {
  const asked = metricIds.slice(0, PICKS_MAX);
  if (asked.length === 0) return [];
  const { items } = await readApi<ListPage<FoundMetric>>(
    fetch,
    `/api/v1/metrics?limit=${PICKS_MAX}&metricIds=${asked.join(",")}`,
  );
  const byId = new Map(items.map((item) => [item.id, item]));
  return asked.flatMap((id) => byId.get(id) ?? []);
}

/** What is drawn without JavaScript, and until it draws: columns of all lines together, which travel with the page. */
const FIRST_COLUMNS = { total: 750, each: 120 } as const;

export interface FirstPicture {
  readonly picture: Picture;
  readonly summary: Summary;
}

/** The client draws anew by itself: for so long the server draws no other first picture of the same, ms. */
const PICTURE_KEPT_MS = 15_000;
const PICTURES_MAX = 100;
const pictures = new Recent<FirstPicture>({
  keptMs: PICTURE_KEPT_MS,
  entriesMax: PICTURES_MAX,
  nowMs: () => Date.now(),
});

/**
 * The charts and their table as the server draws them, of this moment or of up to 15 s ago; null when the readings cannot be had now.
 * @param picks metrics that whoever looks may read: the picture is the same for all who may
 */
export async function loadFirstPicture(
  fetch: Fetch,
  view: View,
  picks: readonly FoundMetric[],
  nowMs: number,
): Promise<FirstPicture | null> {
  const timezone = view.timezone ?? sharedTimezone(picks);
  const { range, aggregate, compares } = view;
  const key = JSON.stringify([picks.map(({ id }) => id), range, aggregate, compares, timezone]);
  try {
    return await pictures.get(key, () => drawFirst(fetch, view, picks, nowMs, timezone));
  } catch {
    // The page says so, and asks again by itself: everything else on it still helps.
    return null;
  }
}

async function drawFirst(
  fetch: Fetch,
  view: View,
  picks: readonly FoundMetric[],
  nowMs: number,
  timezone: string,
): Promise<FirstPicture> {
  const metricIds = picks.map(({ id }) => id);
  const ask = <T>(path: string): Promise<T> => readApi<T>(fetch, path);
  const isAll = view.range.kind === "quick" && view.range.name === "all";
  const firstMs = isAll ? await loadFirstMs(ask, metricIds, nowMs) : null;
  const range = resolvedRange(view.range, nowMs, timezone, firstMs);
  const widthPx = Math.min(FIRST_COLUMNS.each, FIRST_COLUMNS.total / picks.length);
  const { aggregate, compares } = view;
  const [picture, summary] = await Promise.all([
    loadPicture(ask, { metrics: picks, range, aggregate, compares, timezone, widthPx }),
    loadSummary(ask, metricIds, range, timezone, nowMs),
  ]);
  return { picture, summary };
}
