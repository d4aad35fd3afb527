import type { Me, Setup } from "#lib/api/types.gen.ts";
import { callApi } from "#lib/server/api.ts";
import { takeFlash } from "#lib/server/cookies.ts";
import type { LayoutServerLoad } from "./$types";

/** What every page needs. It never fails: a page that cannot be filled still says who is signed in and where to go. */
export const load: LayoutServerLoad = async ({ fetch, locals, cookies, depends }) => {
  depends("kilowatch:me");
  const me = await callApi<Me>(fetch, "/api/v1/me").catch(() => null);
  let needsAdmin = false;
  if (me && !me.ok && me.refusal.status === 401) {
    const setup = await callApi<Setup>(fetch, "/api/v1/setup").catch(() => null);
    needsAdmin = setup?.ok === true && setup.body.needsAdmin;
  }
  return { me: me?.ok ? me.body : null, needsAdmin, theme: locals.theme, flash: takeFlash(cookies) };
};
