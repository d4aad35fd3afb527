import { isDigit, MINUS, NINE, PLUS, POINT, ZERO } from "./signs.ts";

/** Digits that fit an int32 whatever they are. */
const HALF_DIGITS = 9;
/** Digits of a whole number that every double holds exactly. */
const EXACT_DIGITS = 15;
/** The powers of ten that are doubles exactly: 10^0 to 10^22. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const EXPONENT_MAX = 22;
/** Past it every number is 0 or infinite, however long its digits: a line is shorter. */
const EXPONENT_CAP = 1_000_000;
/** Veltkamp's constant for doubles: 2^27 + 1. */
const SPLITTER = 134_217_729;
/** More than the relative error of a quotient's correction; see `nearestQuotient`. */
const DOUBT = 2 ** -40;

/**
 * Reads the decimal number at `from`: sign, digits with a point somewhere, exponent. Writes what `Number()` of the text gives into
 * `into[row]`. The bytes end in something that is no digit.
 * Answers where the number ends; -1 when there is none or it is not finite.
 */
export function readDecimal(bytes: Uint8Array, from: number, into: Float64Array, row: number): number {
  let at = from;
  const isNegative = bytes[at] === MINUS;
  if (isNegative || bytes[at] === PLUS) at++;
  const start = at;
  let mantissa = 0;
  let digit = (bytes[at] ?? 0) - ZERO;
  while (digit >= 0 && digit <= 9) {
    mantissa = (Math.imul(mantissa, 10) + digit) | 0;
    digit = (bytes[++at] ?? 0) - ZERO;
  }
  let digits = at - start;
  let fractionDigits = 0;
  if (bytes[at] === POINT) {
    const fractionStart = ++at;
    digit = (bytes[at] ?? 0) - ZERO;
    while (digit >= 0 && digit <= 9) {
      mantissa = (Math.imul(mantissa, 10) + digit) | 0;
      digit = (bytes[++at] ?? 0) - ZERO;
    }
    fractionDigits = at - fractionStart;
    digits += fractionDigits;
  }
  if (digits > HALF_DIGITS || isExponentSign(bytes[at])) return readLongDecimal(bytes, from, into, row);
  if (digits === 0) return -1;
  // Both are exact, so the one rounding of the division is the right one.
  const size = fractionDigits === 0 ? mantissa : mantissa / (POWERS_OF_TEN[fractionDigits] ?? 1);
  into[row] = isNegative ? -size : size;
  return at;
}

/** Of a number that `readDecimal` took: whether JSON's grammar takes it, too. */
export function isJsonNumber(bytes: Uint8Array, from: number, to: number): boolean {
  const start = bytes[from] === MINUS ? from + 1 : from;
  if (!isDigit(bytes[start]) || (bytes[start] === ZERO && isDigit(bytes[start + 1]))) return false;
  for (let at = start + 1; at < to; at++) {
    if (bytes[at] === POINT) return isDigit(bytes[at + 1]);
  }
  return true;
}

/** Where the run of signs ends that numbers are made of: what a reader would take for one broken number. */
export function endOfNumberRun(bytes: Uint8Array, from: number): number {
  let at = from;
  while (
    isDigit(bytes[at]) ||
    bytes[at] === POINT ||
    bytes[at] === MINUS ||
    bytes[at] === PLUS ||
    isExponentSign(bytes[at])
  ) {
    at++;
  }
  return at;
}

function readLongDecimal(bytes: Uint8Array, from: number, into: Float64Array, row: number): number {
  let at = from;
  const isNegative = bytes[at] === MINUS;
  if (isNegative || bytes[at] === PLUS) at++;
  // The first nine digits that count, and the next nine.
  let high = 0;
  let low = 0;
  let digits = 0;
  let digitsSeen = 0;
  let fractionDigits = 0;
  let isFraction = false;
  for (; ; at++) {
    const code = bytes[at] ?? 0;
    if (code === POINT && !isFraction) {
      isFraction = true;
      continue;
    }
    if (code < ZERO || code > NINE) break;
    digitsSeen++;
    if (isFraction) fractionDigits++;
    if (digits > 0 || code !== ZERO) digits++;
    if (digits <= HALF_DIGITS) high = (Math.imul(high, 10) + code - ZERO) | 0;
    else low = (Math.imul(low, 10) + code - ZERO) | 0;
  }
  if (digitsSeen === 0) return -1;
  let exponent = -fractionDigits;
  if (isExponentSign(bytes[at])) {
    const isSmall = bytes[++at] === MINUS;
    if (isSmall || bytes[at] === PLUS) at++;
    const start = at;
    let shift = 0;
    for (; isDigit(bytes[at]); at++) shift = Math.min(shift * 10 + (bytes[at] ?? 0) - ZERO, EXPONENT_CAP);
    if (at === start) return -1;
    exponent += isSmall ? -shift : shift;
  }
  let size = Number.NaN;
  if (digits <= 2 * HALF_DIGITS && Math.abs(exponent) <= EXPONENT_MAX) size = scaled(high, low, digits, exponent);
  if (Number.isNaN(size)) size = Math.abs(Number(asciiText(bytes, from, at)));
  if (size === Number.POSITIVE_INFINITY) return -1;
  into[row] = isNegative ? -size : size;
  return at;
}

/** The double nearest to (high, low) · 10^exponent; NaN where only long arithmetic can tell. */
function scaled(high: number, low: number, digits: number, exponent: number): number {
  const power = POWERS_OF_TEN[Math.abs(exponent)] ?? 1;
  // At most 30 bits times 21 bits (and a power of two): exact.
  const head = digits <= HALF_DIGITS ? high : high * (POWERS_OF_TEN[digits - HALF_DIGITS] ?? 1);
  if (digits <= EXACT_DIGITS) return exponent < 0 ? (head + low) / power : (head + low) * power;
  if (exponent === 0) return head + low;
  return exponent < 0 ? nearestQuotient(head, low, power) : Number.NaN;
}

/**
 * The double nearest to (head + low) / power. The quotient is taken, its exact remainder (Dekker's product) gives the correction; where
 * the correction's own error could change how the sum is rounded, the answer is NaN.
 */
function nearestQuotient(head: number, low: number, power: number): number {
  const sum = head + low;
  const rest = low - (sum - head);
  const quotient = sum / power;
  const product = quotient * power;
  const remainder = sum - product - productError(quotient, power, product) + rest;
  const correction = remainder / power;
  const nearest = quotient + correction * (1 + DOUBT);
  return nearest === quotient + correction * (1 - DOUBT) ? nearest : Number.NaN;
}

/** What rounding took from `left · right`, exactly (Dekker 1971). */
function productError(left: number, right: number, product: number): number {
  const leftHigh = upperHalf(left);
  const leftLow = left - leftHigh;
  const rightHigh = upperHalf(right);
  const rightLow = right - rightHigh;
  return leftLow * rightLow - (product - leftHigh * rightHigh - leftLow * rightHigh - leftHigh * rightLow);
}

function upperHalf(value: number): number {
  const spread = SPLITTER * value;
  return spread - (spread - value);
}

function isExponentSign(code: number | undefined): boolean {
  return code === 0x65 || code === 0x45;
}

function asciiText(bytes: Uint8Array, from: number, to: number): string {
  return new TextDecoder().decode(bytes.subarray(from, to));
}
