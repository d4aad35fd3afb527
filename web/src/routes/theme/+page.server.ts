import { redirect } from "@sveltejs/kit";
import { setHarmlessCookie } from "#lib/server/cookies.ts";
import { localPath } from "#lib/server/local-path.ts";
import { parseTheme, THEME_COOKIE, THEME_COOKIE_MAX_AGE_S } from "#lib/shell/theme.ts";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = () => redirect(303, "/");

export const actions: Actions = {
  default: async ({ request, cookies }) => {
    const form = await request.formData();
    setHarmlessCookie(cookies, THEME_COOKIE, parseTheme(String(form.get("theme"))), THEME_COOKIE_MAX_AGE_S);
    redirect(303, localPath(form.get("back")));
  },
};
