import { isEqual } from "../../domain/key-table.ts";
import { COLON, isDigit, MINUS, PLUS, POINT, ZERO } from "./signs.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Bytes of `2026-11-21T08:30`. */
const MINUTE_BYTES = 16;
const FRACTION_DIGITS_MAX = 9;
const T = 0x54;
const Z = 0x5a;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365] as const;

/**
 * Reads ISO 8601 date-times with a zone as epoch ms: `2026-11-21T08:30:00.123Z`; seconds and their fraction (1 to 9 digits, floored to
 * ms) may be missing, the zone may be `±hh:mm`. The same as `Date.parse` for all that is taken; narrower, as no hour 24 and no 30 February.
 * The last minute is remembered: readings in a row share it.
 */
export class IsoTimes {
  /** The time that was read last, epoch ms; may lie outside what a reading may have. */
  timeMs = 0;
  readonly #minute = new DataView(new ArrayBuffer(MINUTE_BYTES));
  /** Start of that minute as if in UTC; NaN before the first. */
  #minuteMs = Number.NaN;

  /** Reads the time at `from` into `timeMs` and answers where it ends, at `end` at the latest; -1 when there is none. */
  read(bytes: Uint8Array, view: DataView, from: number, end: number): number {
    if (from + MINUTE_BYTES >= end) return -1;
    if (Number.isNaN(this.#minuteMs) || !isEqual(this.#minute, 0, view, from, MINUTE_BYTES)) {
      const minuteMs = minuteAt(bytes, from);
      if (Number.isNaN(minuteMs)) return -1;
      this.#minuteMs = minuteMs;
      for (let at = 0; at < MINUTE_BYTES; at++) this.#minute.setUint8(at, view.getUint8(from + at));
    }
    let at = from + MINUTE_BYTES;
    let secondMs = 0;
    if (bytes[at] === COLON) {
      const second = twoDigits(bytes, at + 1);
      if (second === -1 || second > 59) return -1;
      secondMs = second * 1_000;
      at += 3;
      if (bytes[at] === POINT) {
        const start = ++at;
        for (let weight = 100; isDigit(bytes[at]); at++, weight = Math.trunc(weight / 10)) {
          secondMs += weight * ((bytes[at] ?? 0) - ZERO);
        }
        if (at === start || at - start > FRACTION_DIGITS_MAX) return -1;
      }
    }
    const zoneEnd = bytes[at] === Z ? at + 1 : at + 6;
    const offsetMs = bytes[at] === Z ? 0 : zoneOffsetMs(bytes, at);
    if (zoneEnd > end || Number.isNaN(offsetMs)) return -1;
    this.timeMs = this.#minuteMs + secondMs - offsetMs;
    return zoneEnd;
  }
}

/** Epoch ms of `2026-11-21T08:30` in UTC; NaN for other text and days that no calendar has. */
function minuteAt(bytes: Uint8Array, from: number): number {
  const century = twoDigits(bytes, from);
  const yearOfCentury = twoDigits(bytes, from + 2);
  const month = twoDigits(bytes, from + 5);
  const day = twoDigits(bytes, from + 8);
  const hour = twoDigits(bytes, from + 11);
  const minute = twoDigits(bytes, from + 14);
  const hasSigns =
    bytes[from + 4] === MINUS && bytes[from + 7] === MINUS && bytes[from + 10] === T && bytes[from + 13] === COLON;
  if (!hasSigns || Math.min(century, yearOfCentury, month, day, hour, minute) < 0) return Number.NaN;
  if (hour > 23 || minute > 59 || month < 1 || month > 12) return Number.NaN;
  const days = daysSince1970(century * 100 + yearOfCentury, month, day);
  return days * DAY_MS + (hour * 60 + minute) * MINUTE_MS;
}

/** Days of the Gregorian calendar from 1970-01-01; NaN when the month has no such day. */
function daysSince1970(year: number, month: number, day: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const before = (DAYS_BEFORE_MONTH[month - 1] ?? 0) + (isLeap && month > 2 ? 1 : 0);
  const after = (DAYS_BEFORE_MONTH[month] ?? 0) + (isLeap && month > 1 ? 1 : 0);
  if (day < 1 || day > after - before) return Number.NaN;
  return 365 * (year - 1970) + leapDaysBefore(year) - leapDaysBefore(1970) + before + day - 1;
}

function leapDaysBefore(year: number): number {
  const last = year - 1;
  return Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400);
}

/** Of `+01:30`, in ms; NaN for other text. */
function zoneOffsetMs(bytes: Uint8Array, at: number): number {
  const sign = bytes[at] === PLUS ? 1 : bytes[at] === MINUS ? -1 : Number.NaN;
  const hours = twoDigits(bytes, at + 1);
  const minutes = twoDigits(bytes, at + 4);
  if (hours === -1 || hours > 23 || minutes === -1 || minutes > 59 || bytes[at + 3] !== COLON) return Number.NaN;
  return sign * (hours * 60 + minutes) * MINUTE_MS;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at];
  const ones = bytes[at + 1];
  if (tens === undefined || ones === undefined || !isDigit(tens) || !isDigit(ones)) return -1;
  return (tens - ZERO) * 10 + ones - ZERO;
}
