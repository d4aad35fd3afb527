/** Numbers of a chart: its scale, the marks on it, and values with all that can be told of them. */

const MINUS = "−";

/** UCUM codes as people write them. */
const UNIT_TEXT: Readonly<Record<string, string>> = {
  "W.h": "Wh",
  "V.A": "VA",
  "V.A{reactive}": "var",
  Cel: "°C",
  Ohm: "Ω",
  "1": "",
};
/** Units that people write with the prefix that reads best. */
const PREFIXED = new Set(["W", "W.h", "V.A", "V.A{reactive}", "Wh"]);
const PREFIXES = [
  { prefix: "G", factor: 1e9 },
  { prefix: "M", factor: 1e6 },
  { prefix: "k", factor: 1e3 },
] as const;

export function unitText(unit: string): string {
  return UNIT_TEXT[unit] ?? unit;
}

interface Scaled {
  readonly factor: number;
  readonly unit: string;
}

function scaledFor(magnitude: number, unit: string): Scaled {
  const found = PREFIXED.has(unit) ? PREFIXES.find(({ factor }) => magnitude >= factor) : undefined;
  return found
    ? { factor: found.factor, unit: `${found.prefix}${unitText(unit)}` }
    : { factor: 1, unit: unitText(unit) };
}

function withUnit(digits: string, unit: string): string {
  // No-break space: a number never leaves its unit.
  return unit ? `${digits}\u00a0${unit}` : digits;
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `${MINUS}${text}` : text;
}

const SIGNIFICANT_DIGITS = 5;

/** A value with five significant digits, without zeros at its end: "3.2417 kW", "49.987 Hz", "1". */
export function exactText(value: number, unit: string): string {
  const scaled = scaledFor(Math.abs(value), unit);
  const number = value / scaled.factor;
  const magnitude = Math.abs(number);
  if (magnitude !== 0 && magnitude < 1e-4) return withUnit(number.toExponential(2).replaceAll("-", MINUS), scaled.unit);
  const whole = magnitude < 1 ? 1 : Math.floor(Math.log10(magnitude)) + 1;
  const text = signed(number, Math.max(0, SIGNIFICANT_DIGITS - whole));
  return withUnit(text.includes(".") ? text.replace(/\.?0+$/, "") : text, scaled.unit);
}

/** Marks of a scale with as many digits as tell them apart, all in one unit. @param values evenly spaced */
export function markTexts(values: readonly number[], unit: string): string[] {
  const magnitude = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scaled = scaledFor(magnitude, unit);
  const distance = Math.abs((values[1] ?? 0) - (values[0] ?? 0)) / scaled.factor;
  const digits = distance > 0 ? Math.min(Math.max(0, -Math.floor(Math.log10(distance) + 1e-9)), 12) : 0;
  // A mark of 2.5 needs the digit that a distance of 2.5 has, which is more than its magnitude tells.
  const isExact = (places: number): boolean =>
    values.every(
      (value) => Math.abs(Number((value / scaled.factor).toFixed(places)) - value / scaled.factor) <= distance * 1e-6,
    );
  const enough = [digits, digits + 1, digits + 2].find(isExact) ?? digits;
  return values.map((value) => withUnit(signed(value / scaled.factor, enough), scaled.unit));
}

export interface Span {
  readonly min: number;
  readonly max: number;
}

/** Room above and below the values, as a share of their span. */
const PADDING = 0.06;
/** Values that lie so far from zero that zero would press them together are shown without it. */
const ZERO_WITHIN = 0.6;

/** The scale for values between two bounds: with zero in it, unless the values differ and lie close together and far from it. */
export function scaleSpan(least: number | null | undefined, most: number | null | undefined): Span {
  if (least === null || most === null || least === undefined || most === undefined) return { min: 0, max: 1 };
  if (least === 0 && most === 0) return { min: 0, max: 1 };
  const nearest = Math.min(Math.abs(least), Math.abs(most));
  const farthest = Math.max(Math.abs(least), Math.abs(most));
  const hasZero = (least <= 0 && most >= 0) || least === most || nearest < farthest * ZERO_WITHIN;
  const min = hasZero ? Math.min(least, 0) : least;
  const max = hasZero ? Math.max(most, 0) : most;
  const room = (max - min) * PADDING || Math.abs(max) * PADDING || 1;
  return { min: min === 0 ? 0 : min - room, max: max === 0 ? 0 : max + room };
}

/** Least and greatest of many lines; null of none. */
export function boundsOf(lines: Iterable<Iterable<readonly [number, number | null]>>): {
  least: number | null;
  most: number | null;
} {
  let [least, most]: [number | null, number | null] = [null, null];
  for (const points of lines) {
    for (const [, value] of points) {
      if (value === null) continue;
      least = least === null ? value : Math.min(least, value);
      most = most === null ? value : Math.max(most, value);
    }
  }
  return { least, most };
}

const MARK_STEPS = [1, 2, 2.5, 5, 10];

/** Round values within a span, evenly spaced. @param most how many there is room for, ≥ 1 */
export function valueMarks({ min, max }: Span, most: number): number[] {
  const narrowest = (max - min) / most;
  const power = 10 ** Math.floor(Math.log10(narrowest));
  const step = (MARK_STEPS.find((each) => each * power >= narrowest) ?? 10) * power;
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, place) => (first + place) * step);
}
