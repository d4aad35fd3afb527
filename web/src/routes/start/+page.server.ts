import { redirect } from "@sveltejs/kit";
import type { ApiKey, Connection, Fleet, LatestValue, User } from "#lib/api/types.gen.ts";
import { type Fetch, readApi } from "#lib/server/api.ts";
import { checklist, unfinished } from "#lib/start/checklist.ts";
import type { PageServerLoad } from "./$types";

/** The most that the API hands out at once: past it a count says no more than "many". */
const ITEMS_MAX = 500;
interface Items<T> {
  readonly items: readonly T[];
}

export const load: PageServerLoad = async ({ fetch, parent, depends }) => {
  depends("kilowatch:start");
  const { me, needsAdmin } = await parent();
  if (!me) redirect(303, needsAdmin ? "/" : "/sign-in?next=%2Fstart");
  const adminName = me.role === "admin" ? me.user?.name : undefined;
  return { isDemo: me.demo, setup: adminName === undefined ? null : await readSetup(fetch, adminName) };
};

async function readSetup(fetch: Fetch, adminName: string) {
  const [fleet, connections, users, keys] = await Promise.all([
    readApi<Fleet>(fetch, "/api/v1/fleet"),
    readApi<Items<Connection>>(fetch, `/api/v1/connections?limit=${ITEMS_MAX}`),
    readApi<Items<User>>(fetch, `/api/v1/users?limit=${ITEMS_MAX}`),
    readApi<Items<ApiKey>>(fetch, `/api/v1/api-keys?limit=${ITEMS_MAX}`),
  ]);
  const steps = checklist({
    adminName,
    sites: fleet.sites.length,
    devices: fleet.devices.total,
    hasReading: await hasReading(fetch, fleet),
    connections: connections.items,
    people: users.items.length,
    readKeys: keys.items.filter(({ scopes }) => scopes.includes("read")).length,
  });
  return { steps, unfinished: unfinished(connections.items) };
}

/** Every value is asked for only where the fleet has none that is live. */
async function hasReading(fetch: Fetch, { devices }: Fleet): Promise<boolean> {
  if (devices.online > 0 || devices.total === 0) return devices.online > 0;
  return (await readApi<Items<LatestValue>>(fetch, "/api/v1/latest")).items.length > 0;
}
