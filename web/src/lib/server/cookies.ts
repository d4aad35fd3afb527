import type { Cookies } from "@sveltejs/kit";
import {
  FLASH_COOKIE,
  FLASH_COOKIE_MAX_AGE_S,
  type Flash,
  type FlashCode,
  formatFlash,
  parseFlash,
} from "#lib/shell/flash.ts";

/** Neither the theme nor a message's code is a secret, and both must work on a plain-HTTP loopback address. */
const HARMLESS = { path: "/", httpOnly: true, sameSite: "lax", secure: false } as const;

export function setHarmlessCookie(cookies: Cookies, name: string, value: string, maxAgeS: number): void {
  cookies.set(name, value, { ...HARMLESS, maxAge: maxAgeS });
}

export function setFlash(cookies: Cookies, code: FlashCode): void {
  setHarmlessCookie(cookies, FLASH_COOKIE, formatFlash(code, crypto.randomUUID().slice(0, 8)), FLASH_COOKIE_MAX_AGE_S);
}

/** Reads the message and forgets it. */
export function takeFlash(cookies: Cookies): Flash | null {
  const text = cookies.get(FLASH_COOKIE);
  if (text === undefined) return null;
  cookies.delete(FLASH_COOKIE, HARMLESS);
  return parseFlash(text);
}
