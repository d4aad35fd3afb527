import { redirect } from "@sveltejs/kit";
import type { Fleet, FleetDevicePage } from "#lib/api/types.gen.ts";
import { packRows } from "#lib/fleet/packed-rows.ts";
import { toRow } from "#lib/fleet/rows.ts";
import { callApi, readApi, throwRefusal } from "#lib/server/api.ts";
import type { PageServerLoad } from "./$types";

/** Rows on one page: as many as the API hands out at once. */
const ROWS_PER_PAGE = 500;

export const load: PageServerLoad = async ({ fetch, url, parent, depends }) => {
  depends("kilowatch:fleet");
  // What comes from now on comes by the stream.
  const asOfMs = Date.now();
  // The filter is not read here: it picks among rows that are on the page, without asking again.
  const after = url.searchParams.get("after");
  const list = `/api/v1/fleet/devices?limit=${ROWS_PER_PAGE}${after ? `&cursor=${encodeURIComponent(after)}` : ""}`;
  const devices = readApi<FleetDevicePage>(fetch, list);
  // Awaited below only where the fleet itself can be read.
  devices.catch(() => undefined);

  const answer = await callApi<Fleet>(fetch, "/api/v1/fleet");
  if (!answer.ok) {
    if (answer.refusal.status !== 401) throwRefusal(answer.refusal);
    if (!(await parent()).needsAdmin) redirect(303, "/sign-in");
    return { fleet: null };
  }
  const { asOf: _, sites, connections, ...sums } = answer.body;
  const { items, nextCursor } = await devices;
  const siteIndex = new Map(sites.map((site, index) => [site.id, index]));
  return {
    fleet: {
      asOfMs,
      sums,
      sites,
      connections,
      rows: packRows(items.map((device) => toRow(device, siteIndex))),
      nextCursor,
      isFirstPage: after === null,
    },
  };
};
