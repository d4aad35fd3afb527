import { error } from "@sveltejs/kit";
import type { Connection, Vendor } from "#lib/api/types.gen.ts";
import { text } from "#lib/text.ts";
import { type Fetch, readApi } from "./api.ts";

export async function readVendors(fetch: Fetch): Promise<readonly Vendor[]> {
  return (await readApi<{ items: Vendor[] }>(fetch, "/api/v1/vendors")).items;
}

/** A vendor by its id; the error page where there is none. */
export async function readVendor(fetch: Fetch, id: string): Promise<Vendor> {
  const vendor = (await readVendors(fetch)).find((candidate) => candidate.id === id);
  return vendor ?? error(404, text.errors.title(404));
}

/** A connection with its vendor. */
export async function readConnection(fetch: Fetch, id: string): Promise<{ connection: Connection; vendor: Vendor }> {
  const connection = await readApi<Connection>(fetch, `/api/v1/connections/${encodeURIComponent(id)}`);
  return { connection, vendor: await readVendor(fetch, connection.vendor) };
}
