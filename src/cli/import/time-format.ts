/** How a column writes its times. */
export type TimeFormat =
  /** ISO 8601 and what is near it: `2026-11-21T06:00:00Z`, `2026-11-21 06:00+01:00`, `2026/11/21 06:00`. */
  | { readonly kind: "iso" }
  /** `1/2/2026 0:15`: the year last, and either the day or the month first. */
  | { readonly kind: "year-last"; readonly order: DateOrder }
  /** A number since 1970, in UTC. */
  | { readonly kind: "epoch"; readonly unit: EpochUnit };

/** `dmy`: the day first, as in Europe; `mdy`: the month first, as in the United States. */
export const DATE_ORDERS = ["dmy", "mdy"] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

export const EPOCH_UNITS = ["s", "ms", "us", "ns"] as const;
export type EpochUnit = (typeof EPOCH_UNITS)[number];

/** A time as it was written. */
export interface WrittenTime {
  /** The clock's reading as if it were UTC, epoch ms, whole. */
  readonly localMs: number;
  /** How far that clock is ahead of UTC, ms; null where the text does not say. */
  readonly offsetMs: number | null;
}

const MINUTE_MS = 60_000;

const CLOCK = String.raw`(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?)?`;
const ZONE = String.raw` ?(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?`;
const ISO = new RegExp(String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})${CLOCK}${ZONE}$`);
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})${CLOCK}${ZONE}$`);
const EPOCH = /^-?\d{1,19}(\.\d+)?$/;

/** What a unit is of a ms; digits of today's numbers tell them apart. */
const MS_OF: Readonly<Record<EpochUnit, number>> = { s: 1_000, ms: 1, us: 1e-3, ns: 1e-6 };
/** An epoch of this many digits or fewer before the point is in this unit: seconds until 5138, ms until 5138, and so on. */
const EPOCH_DIGITS: readonly (readonly [EpochUnit, number])[] = [
  ["s", 11],
  ["ms", 14],
  ["us", 17],
  ["ns", 20],
];
/** Fewer digits are a year or a count, not seconds: 9 of them begin in 1973. */
const EPOCH_DIGITS_MIN = 9;

/** Reads a time; null for a text that is none in that format, and for a day or an hour that no calendar has. */
export function readTime(text: string, format: TimeFormat): WrittenTime | null {
  switch (format.kind) {
    case "iso":
      return quickIso(text) ?? slowIso(text);
    case "year-last":
      return yearLast(text, format.order);
    case "epoch":
      return EPOCH.test(text) ? { localMs: wholeMs(Number(text) * MS_OF[format.unit]), offsetMs: 0 } : null;
  }
}

/** The ms that have passed; what lies a millionth of a second below the next one is that, cut short by the multiplication. */
function wholeMs(timeMs: number): number {
  return Math.floor(Math.round(timeMs * 1_000) / 1_000);
}

/** The two numbers before the year, which alone say nothing of their order; null for a text of another form. */
export function leadingNumbers(text: string): readonly [number, number] | null {
  const match = YEAR_LAST.exec(text);
  return match && [Number(match[1]), Number(match[3])];
}

/** The unit in which a number would be a time of these centuries; null for any other text. */
export function epochUnitOf(text: string): EpochUnit | null {
  if (!EPOCH.test(text) || text.startsWith("-")) return null;
  const digits = text.split(".", 1)[0]?.length ?? 0;
  if (digits < EPOCH_DIGITS_MIN) return null;
  return EPOCH_DIGITS.find(([, most]) => digits <= most)?.[0] ?? null;
}

/** `2026-11-21T06:00:00…` by its places: most files hold nothing else, and a pattern takes three times as long. */
function quickIso(text: string): WrittenTime | null {
  if (text.length < 19 || text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":") return null;
  const rest = text.slice(19);
  const offsetMs = rest === "" ? null : rest === "Z" ? 0 : rest.length === 6 ? colonOffsetMs(rest) : undefined;
  if (offsetMs === undefined || (text[10] !== "T" && text[10] !== " ")) return null;
  const localMs = dateMs(
    digits(text, 0, 4),
    digits(text, 5, 2),
    digits(text, 8, 2),
    digits(text, 11, 2),
    digits(text, 14, 2),
    digits(text, 17, 2),
  );
  return localMs === null ? null : { localMs, offsetMs };
}

function slowIso(text: string): WrittenTime | null {
  const match = ISO.exec(text);
  return match && written(match, Number(match[1]), Number(match[3]), Number(match[4]));
}

function yearLast(text: string, order: DateOrder): WrittenTime | null {
  const match = YEAR_LAST.exec(text);
  if (!match) return null;
  const [first, second] = [Number(match[1]), Number(match[3])];
  const [month, day] = order === "mdy" ? [first, second] : [second, first];
  return written(match, Number(match[4]), month, day);
}

function written(match: RegExpExecArray, year: number, month: number, day: number): WrittenTime | null {
  const [, , , , , hours = "0", minutes = "0", seconds = "0", fraction = "", half, zone] = match;
  const hour = half === undefined ? Number(hours) : hourOfHalf(Number(hours), half);
  const localMs = dateMs(year, month, day, hour, Number(minutes), Number(seconds));
  const offsetMs = zone === undefined ? null : offsetOf(zone);
  if (localMs === null || offsetMs === undefined) return null;
  return { localMs: localMs + Number(fraction.padEnd(3, "0").slice(0, 3)), offsetMs };
}

/** 12 AM is midnight, 12 PM noon; no other hour past 12 has a half. */
function hourOfHalf(hour: number, half: string): number {
  if (hour < 1 || hour > 12) return Number.NaN;
  return (hour % 12) + (half.toUpperCase() === "P" ? 12 : 0);
}

function dateMs(year: number, month: number, day: number, hour: number, minute: number, second: number): number | null {
  // Asked in this way round, NaN is refused as well.
  if (!(year >= 1_000 && month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month))) return null;
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return null;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function colonOffsetMs(text: string): number | null | undefined {
  return text[3] === ":" ? offsetOf(text) : undefined;
}

/** Undefined for a text that is no offset. */
function offsetOf(text: string): number | undefined {
  if (/^(Z|UTC|GMT)$/i.test(text)) return 0;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? [];
  if (sign === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (Number(hours) * 60 + Number(minutes)) * MINUTE_MS * (sign === "-" ? -1 : 1);
}

/** NaN where there is anything but digits. */
function digits(text: string, from: number, count: number): number {
  let number = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}
