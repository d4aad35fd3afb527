/** What the visitor chose; `auto` follows the system. */
export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const THEME_COOKIE = "kilowatch_theme";
export const THEME_COOKIE_MAX_AGE_S = 400 * 24 * 3600;

/** Anything that is not a known theme is `auto`: cookies and forms are the visitor's to write. */
export function parseTheme(text: string | null | undefined): Theme {
  return THEMES.find((theme) => theme === text) ?? "auto";
}
