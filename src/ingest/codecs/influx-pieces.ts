import { BACKSLASH, COMMA, EQUALS, NEWLINE, SPACE } from "./signs.ts";

const IS_STOP = new Uint8Array(256);
for (const code of [COMMA, EQUALS, SPACE, NEWLINE]) IS_STOP[code] = 1;

/** The next sign from `from` on that means something in a key: a comma, an equals sign or a space that no backslash precedes, or the line's end. */
export function endOfPiece(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; ; at++) {
    if (IS_STOP[bytes[at] ?? NEWLINE] === 0) continue;
    if (bytes[at] === NEWLINE || at === from || bytes[at - 1] !== BACKSLASH) return at;
  }
}

/** The end of a measurement, in which an equals sign is a sign like others. */
export function endOfMeasurement(bytes: Uint8Array, from: number): number {
  let at = endOfPiece(bytes, from);
  while (bytes[at] === EQUALS) at = endOfPiece(bytes, at + 1);
  return at;
}

/** Where the text ends whose opening quote lies before `from`: at its closing quote, or at `to` when it does not end before that. */
export function endOfText(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== 0x22) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, to);
}
