import type { Connection, Plan } from "#lib/api/types.gen.ts";
import { ranked } from "#lib/connections/rank.ts";
import { callApi, type Fetch } from "#lib/server/api.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import type { PageServerLoad } from "./$types";

const CONNECTIONS_PER_PAGE = 50;

export const load: PageServerLoad = async ({ fetch, url, depends }) => {
  depends("kilowatch:connections");
  const after = url.searchParams.get("after");
  const query = new URLSearchParams({
    limit: String(CONNECTIONS_PER_PAGE),
    ...(after === null ? {} : { cursor: after }),
  });
  const path = `/api/v1/connections?${query}`;
  const { body } = await readSignedIn<{ items: Connection[]; nextCursor: string | null }>(fetch, path, url);
  const rows = await Promise.all(
    ranked(body.items).map(async (connection) => ({ connection, freshnessMs: await freshnessMs(fetch, connection) })),
  );
  return { asOfMs: Date.now(), rows, nextCursor: body.nextCursor, isFirstPage: after === null };
};

/** How old a value grows by plan; null for a connection without devices, or whose vendor this server does not know. */
async function freshnessMs(fetch: Fetch, { id, devices }: Connection): Promise<number | null> {
  if (devices === 0) return null;
  const plan = await callApi<Plan>(fetch, `/api/v1/connections/${id}/plan`);
  return plan.ok ? plan.body.present.freshnessMs : null;
}
