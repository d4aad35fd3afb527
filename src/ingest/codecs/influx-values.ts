import { endOfNumberRun, readDecimal } from "./decimals.ts";
import { endOfText } from "./influx-pieces.ts";
import { Objection, quoted } from "./objection.ts";
import { COMMA, isDigit, MINUS, NEWLINE, NINE, PLUS, QUOTE, RETURN, SPACE } from "./signs.ts";

const INTEGER_SUFFIX = 0x69; // i
const UNSIGNED_SUFFIX = 0x75; // u
/** Whole numbers with fewer digits fit an int64 and a uint64. */
const SURE_DIGITS = 18;
/** With more digits, leading zeros apart, they fit neither. */
const DIGITS_MAX = 20;
const BOOLEANS: ReadonlySet<string> = new Set("t T true True TRUE f F false False FALSE".split(" "));

/**
 * Reads a number of line protocol at `from` into `into[row]`: `12.5`, `1e3`, `12i` (within int64), `12u` (within uint64); whole numbers
 * past 2^53 become the nearest double. Answers where it ends. @throws Objection
 */
export function readFieldNumber(bytes: Uint8Array, from: number, into: Float64Array, row: number): number {
  const end = readDecimal(bytes, from, into, row);
  if (end === -1)
    throw new Objection(from, `the value ${quoted(bytes, from, endOfValue(bytes, from))} is not a finite number`);
  const suffix = bytes[end];
  if (suffix !== INTEGER_SUFFIX && suffix !== UNSIGNED_SUFFIX) return end;
  if (!isWhole(bytes, from, end, suffix === INTEGER_SUFFIX)) {
    const kind = suffix === INTEGER_SUFFIX ? "an integer" : "an unsigned integer";
    throw new Objection(end, `the value ${quoted(bytes, from, end + 1)} is not ${kind} of 64 bits`);
  }
  return end + 1;
}

/** Where the text or boolean at `from` ends, behind it; `from` when there is neither; `to` when a text does not end before it. */
export function endOfOtherValue(bytes: Uint8Array, from: number, to: number): number {
  const first = bytes[from] ?? 0;
  if (first <= NINE && first !== QUOTE) return from;
  if (first === QUOTE) return Math.min(endOfText(bytes, from + 1, to) + 1, to);
  const end = endOfValue(bytes, from);
  return end - from <= 5 && BOOLEANS.has(String.fromCharCode(...bytes.subarray(from, end))) ? end : from;
}

function endOfValue(bytes: Uint8Array, from: number): number {
  let at = Math.max(endOfNumberRun(bytes, from), from);
  while (bytes[at] !== COMMA && bytes[at] !== SPACE && bytes[at] !== NEWLINE && bytes[at] !== RETURN) at++;
  return at;
}

function isWhole(bytes: Uint8Array, from: number, to: number, isSigned: boolean): boolean {
  let start = from;
  if (bytes[start] === PLUS || (isSigned && bytes[start] === MINUS)) start++;
  for (let at = start; at < to; at++) if (!isDigit(bytes[at])) return false;
  while (start < to && bytes[start] === 0x30) start++;
  if (to - start <= SURE_DIGITS) return true;
  if (to - start > DIGITS_MAX) return false;
  const size = BigInt(String.fromCharCode(...bytes.subarray(start, to)));
  const whole = bytes[from] === MINUS ? -size : size;
  return isSigned ? BigInt.asIntN(64, whole) === whole : BigInt.asUintN(64, whole) === whole;
}
