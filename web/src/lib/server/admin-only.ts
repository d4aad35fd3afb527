import { error, redirect } from "@sveltejs/kit";
import type { Me } from "#lib/api/types.gen.ts";
import { text } from "#lib/text.ts";

/** Lets administrators go on; others to the sign-in or to a page that says so. The API decides again about each call. */
export function requireAdmin(me: Me | null, url: URL): void {
  if (!me?.user) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
  if (me.role !== "admin") error(403, text.start.adminOnly);
}
