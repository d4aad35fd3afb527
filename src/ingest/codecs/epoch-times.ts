import { isEqual } from "../../domain/key-table.ts";
import { TIME_UNITS, type TimeUnit } from "./precision.ts";
import { isDigit, MINUS, ZERO } from "./signs.ts";

/** Digits that count; more are past every bound. */
const DIGITS_MAX = 18;
const HALF_DIGITS = 9;
/** A text as long as this is remembered, a multiple of four below `WINDOW_PADDING`; longer ones have leading zeros. */
const REMEMBERED_BYTES = 24;
const POWERS_OF_TEN = Float64Array.from({ length: HALF_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Reads whole numbers since 1970 as epoch ms. Many readings in a row have the same time, so the last text is compared first.
 */
export class EpochTimes {
  /** The time that was read last, epoch ms. */
  timeMs = 0;
  readonly #unit: TimeUnit;
  readonly #timeMsMax: number;
  readonly #text = new DataView(new ArrayBuffer(REMEMBERED_BYTES));
  /** Bytes of the text that gave `timeMs`; 0 when it is not remembered. */
  #textLength = 0;

  constructor(unit: TimeUnit, timeMsMax: number) {
    this.#unit = unit;
    this.#timeMsMax = timeMsMax;
  }

  /** Reads the digits at `from` into `timeMs`, and answers where they end; -1 when there are none or the time is not taken. */
  read(bytes: Uint8Array, view: DataView, from: number): number {
    const length = this.#textLength;
    if (length > 0 && isEqual(this.#text, 0, view, from, length) && !isDigit(bytes[from + length]))
      return from + length;
    return this.#readOther(bytes, view, from);
  }

  /** What is wrong with the time at `from`, as "the timestamp …". */
  objection(bytes: Uint8Array, from: number): string {
    const isNegative = bytes[from] === MINUS;
    let at = isNegative ? from + 1 : from;
    if (!isDigit(bytes[at])) return "is not a whole number";
    while (isDigit(bytes[at])) at++;
    if (isNegative) return "lies before 1970";
    return `lies after ${new Date(this.#timeMsMax).toISOString()}, the latest that is taken`;
  }

  #readOther(bytes: Uint8Array, view: DataView, from: number): number {
    let end = from;
    while (isDigit(bytes[end])) end++;
    if (end === from) return -1;
    const timeMs = wholeNumber(bytes, from, end - this.#unit.digitsDropped) * this.#unit.factorMs;
    if (timeMs > this.#timeMsMax) return -1;
    this.timeMs = timeMs;
    this.#remember(view, from, end - from);
    return end;
  }

  #remember(view: DataView, from: number, length: number): void {
    this.#textLength = length <= REMEMBERED_BYTES ? length : 0;
    // By words: what lies behind the text is copied along and never looked at.
    for (let at = 0; at < this.#textLength; at += 4) this.#text.setInt32(at, view.getInt32(from + at));
  }
}

/** Reads epoch ms, seconds and so on. */
export function epochTimes(precision: keyof typeof TIME_UNITS, timeMsMax: number): EpochTimes {
  return new EpochTimes(TIME_UNITS[precision], timeMsMax);
}

/** The number that the digits from `from` to `to` make, 0 for none of them; infinite when it is past every bound. */
function wholeNumber(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  while (start < to && bytes[start] === ZERO) start++;
  if (to - start > DIGITS_MAX) return Number.POSITIVE_INFINITY;
  const middle = Math.min(start + HALF_DIGITS, to);
  const high = halfNumber(bytes, start, middle);
  return middle >= to ? high : high * (POWERS_OF_TEN[to - middle] ?? 1) + halfNumber(bytes, middle, to);
}

function halfNumber(bytes: Uint8Array, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) number = (Math.imul(number, 10) + (bytes[at] ?? 0) - ZERO) | 0;
  return number;
}
