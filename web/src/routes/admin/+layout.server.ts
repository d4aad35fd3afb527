import { redirect } from "@sveltejs/kit";
import type { Installation } from "#lib/api/types.gen.ts";
import { callApi, throwRefusal } from "#lib/server/api.ts";
import type { LayoutServerLoad } from "./$types";

/** Every page of the administration asks for this first, so that whoever may not is told so in the API's own words. */
export const load: LayoutServerLoad = async ({ fetch, url }) => {
  const answer = await callApi<Installation>(fetch, "/api/v1/installation");
  if (!answer.ok) {
    if (answer.refusal.status === 401) redirect(303, `/sign-in?next=${encodeURIComponent(url.pathname + url.search)}`);
    throwRefusal(answer.refusal);
  }
  return { installation: answer.body };
};
