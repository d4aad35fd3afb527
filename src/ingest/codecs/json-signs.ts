import { MORE_NEEDED, Objection } from "./objection.ts";
import { NEWLINE, RETURN, SPACE, TAB } from "./signs.ts";

export const OPENING_BRACE = 0x7b;
export const CLOSING_BRACE = 0x7d;
export const OPENING_BRACKET = 0x5b;
export const CLOSING_BRACKET = 0x5d;

/** The next place that is no blank. @throws MORE_NEEDED */
export function endOfBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at])) at++;
  if (at >= end) throw MORE_NEEDED;
  return at;
}

export function isBlank(code: number | undefined): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === RETURN;
}

/** @throws MORE_NEEDED */
export function signAt(bytes: Uint8Array, at: number, end: number): number | undefined {
  if (at >= end) throw MORE_NEEDED;
  return bytes[at];
}

/** The text is no JSON. */
export function unreadable(at: number, reason: string): Objection {
  return new Objection(at, reason, { isReadable: false });
}
