import type { Connection } from "#lib/api/types.gen.ts";
import { readSignedIn } from "#lib/server/visitor-api.ts";
import type { LayoutServerLoad } from "./$types";

/** The connection that all of these pages are about, with the version that a change is made from. */
export const load: LayoutServerLoad = async ({ fetch, params, url, depends }) => {
  depends("kilowatch:connection");
  const path = `/api/v1/connections/${encodeURIComponent(params.id)}`;
  const { body, etag } = await readSignedIn<Connection>(fetch, path, url);
  return { asOfMs: Date.now(), connection: body, version: etag };
};
