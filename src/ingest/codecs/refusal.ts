import type { ByteWindow } from "./byte-window.ts";
import { LINE_BYTES_MAX } from "./limits.ts";
import { LINE_TOO_LONG } from "./line-framing.ts";
import { MalformedLine } from "./malformed-line.ts";
import { isText } from "./names.ts";
import { NEWLINE, RETURN } from "./signs.ts";

/**
 * Why the line that starts at `from` and is whole is refused: for `reason`, which was found at `at`, unless it is too long or no text at all, which
 * would make any other reason a riddle and depend on how the body was cut.
 */
export function refusal(
  window: ByteWindow,
  lineNumber: number,
  from: number,
  at: number,
  reason: string,
): MalformedLine {
  const newline = window.bytes.indexOf(NEWLINE, at);
  const end = newline === -1 ? window.end : newline;
  if (isLineTooLong(window.bytes, from, end)) return new MalformedLine(lineNumber, LINE_TOO_LONG);
  return new MalformedLine(lineNumber, isText(window.bytes, from, end) ? reason : "is not UTF-8 text");
}

/** Of a line without its newline; a carriage return before that is no part of it either. */
export function isLineTooLong(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from > LINE_BYTES_MAX + (bytes[to - 1] === RETURN ? 1 : 0);
}

export function tooManyReadings(readingsMax: number): string {
  return `is one reading more than the ${readingsMax} that one body may hold`;
}

export const TOO_MANY_KEYS = "names one series more than can be kept for one sender";
