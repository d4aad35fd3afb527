import { redirect } from "@sveltejs/kit";
import { callApi } from "#lib/server/api.ts";
import { setFlash } from "#lib/server/cookies.ts";
import type { Actions } from "./$types";

export const actions: Actions = {
  default: async ({ fetch, cookies }) => {
    await callApi<void>(fetch, "/api/v1/auth/logout", {});
    setFlash(cookies, "signedOut");
    redirect(303, "/");
  },
};
