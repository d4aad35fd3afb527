import type { Cookies } from "@sveltejs/kit";
import {
  FLASH_COOKIE,
  FLASH_COOKIE_MAX_AGE_S,
  type Flash,
  type FlashCode,
  formatFlash,
  parseFlash,
} from "#lib/shell/flash.ts";
import type { Undo } from "#lib/shell/undo.ts";

/** Neither the theme nor a message's code is a secret, and both must work on a plain-HTTP loopback address. */
const HARMLESS = { path: "/", httpOnly: true, sameSite: "lax", secure: false } as const;

export function setHarmlessCookie(cookies: Cookies, name: string, value: string, maxAgeS: number): void {
  cookies.set(name, value, { ...HARMLESS, maxAge: maxAgeS });
}

/** @param undo how what was done is taken back */
export function setFlash(cookies: Cookies, code: FlashCode, undo?: Undo): void {
  const flash = { code, id: crypto.randomUUID().slice(0, 8), ...(undo && { undo }) };
  setHarmlessCookie(cookies, FLASH_COOKIE, formatFlash(flash), FLASH_COOKIE_MAX_AGE_S);
}

/** A page's load may be given up for the next one's: for so long a message that was read is there for that, s. It is shown once by its id. */
const FLASH_KEPT_S = 3;
const TAKEN = "taken ";

/** Reads the message, and forgets it soon. */
export function takeFlash(cookies: Cookies): Flash | null {
  const text = cookies.get(FLASH_COOKIE);
  if (text === undefined) return null;
  if (text.startsWith(TAKEN)) return parseFlash(text.slice(TAKEN.length));
  setHarmlessCookie(cookies, FLASH_COOKIE, `${TAKEN}${text}`, FLASH_KEPT_S);
  return parseFlash(text);
}
