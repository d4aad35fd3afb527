import { UNIT } from "../../domain/units.ts";
import { BadUse } from "../exit-codes.ts";

/** How numbers in one unit become numbers in another: `number · 10^exponent · multiply + add`. */
export interface Conversion {
  /** Moves the decimal point, so that no binary dust comes with it. */
  readonly exponent: number;
  readonly multiply: number;
  readonly add: number;
}

/** What a column's numbers are, and what they are stored as. */
export interface UnitChange {
  /** UCUM code, or null when nobody knows. */
  readonly from: string | null;
  /** UCUM code that is stored. */
  readonly to: string;
  /** Null where numbers stay as they are. */
  readonly conversion: Conversion | null;
}

interface KnownUnit {
  /** The unit that Kilowatch stores such a quantity in. */
  readonly base: string;
  readonly conversion: Conversion;
}

const scaled = (base: string, exponent: number): KnownUnit => ({ base, conversion: { exponent, multiply: 1, add: 0 } });
const linear = (base: string, multiply: number, add: number): KnownUnit => ({
  base,
  conversion: { exponent: 0, multiply, add },
});

/** UCUM codes that can be converted, each to the base of its quantity. */
const KNOWN: Readonly<Record<string, KnownUnit>> = {
  ...prefixed("W", UNIT.watt),
  ...prefixed("W.h", UNIT.wattHour),
  ...prefixed("V.A", "V.A"),
  ...prefixed("V.A{reactive}", UNIT.voltAmpereReactive),
  ...prefixed("V", UNIT.volt),
  ...prefixed("A", UNIT.ampere),
  ...prefixed("Hz", UNIT.hertz),
  ...prefixed("Pa", "Pa"),
  hPa: scaled("Pa", 2),
  bar: scaled("Pa", 5),
  mbar: scaled("Pa", 2),
  J: linear(UNIT.wattHour, 1 / 3_600, 0),
  MJ: linear(UNIT.wattHour, 1e6 / 3_600, 0),
  "W/m2": scaled("W/m2", 0),
  "kW/m2": scaled("W/m2", 3),
  "W.h/m2": scaled("W.h/m2", 0),
  "kW.h/m2": scaled("W.h/m2", 3),
  "%": scaled(UNIT.percent, 0),
  Cel: scaled(UNIT.celsius, 0),
  "[degF]": linear(UNIT.celsius, 5 / 9, -160 / 9),
  K: linear(UNIT.celsius, 1, -273.15),
  "m/s": scaled(UNIT.metrePerSecond, 0),
  "km/h": linear(UNIT.metrePerSecond, 1 / 3.6, 0),
  deg: scaled("deg", 0),
  "1": scaled(UNIT.one, 0),
};

/** How people write units, in lower case where that is clear; UCUM codes are taken as they are. */
const SPELLINGS: Readonly<Record<string, string>> = {
  ...spelled("w", "W"),
  ...spelled("wh", "W.h"),
  ...spelled("va", "V.A"),
  ...spelled("var", "V.A{reactive}"),
  watt: "W",
  watts: "W",
  v: "V",
  kv: "kV",
  a: "A",
  ka: "kA",
  hz: "Hz",
  pa: "Pa",
  hpa: "hPa",
  mbar: "mbar",
  wm2: "W/m2",
  "w/m2": "W/m2",
  "w/m²": "W/m2",
  "w/m^2": "W/m2",
  c: "Cel",
  degc: "Cel",
  "°c": "Cel",
  celsius: "Cel",
  f: "[degF]",
  degf: "[degF]",
  "°f": "[degF]",
  fahrenheit: "[degF]",
  kelvin: "K",
  pct: "%",
  percent: "%",
  mps: "m/s",
  "m/s": "m/s",
  kmh: "km/h",
  kph: "km/h",
  "km/h": "km/h",
  deg: "deg",
  degrees: "deg",
};

/** Quantities whose unit hardly anybody writes beside them. Power and energy are none of them: W and kW are both common. */
const QUANTITIES: readonly (readonly [RegExp, string])[] = [
  [/irradiance|(^|[^a-z])(ghi|dni|dhi|poa)([^a-z]|$)/, "W/m2"],
  [/temp/, "Cel"],
  [/voltage/, "V"],
  [/current/, "A"],
  [/frequency/, "Hz"],
  [/humidity|state_of_charge|(^|[^a-z])soc([^a-z]|$)/, "%"],
  [/wind_?speed/, "m/s"],
  [/normali[sz]ed|ratio|factor/, "1"],
];

/** The unit that a column's name speaks of, as a UCUM code: `ac_power_kw_1137`, `Power (kW)`, `poa_irradiance`; null for none. */
export function unitOfName(name: string): string | null {
  const inBrackets = /[([{]([^)\]}]+)[)\]}]/.exec(name)?.[1]?.trim();
  const bracketed = inBrackets === undefined ? null : unitCode(inBrackets);
  if (bracketed !== null) return bracketed;
  const splitAtCapitals = name.replaceAll(/([a-z])([A-Z])/g, "$1_$2");
  for (const word of [...wordsOf(splitAtCapitals), ...wordsOf(name)].toReversed()) {
    // A lone letter but W is more often a phase, a string or an index than a unit.
    const code = /^[a-uvx-z]$/i.test(word) ? null : (SPELLINGS[word.toLowerCase()] ?? null);
    if (code !== null) return code;
  }
  const lower = name.toLowerCase();
  return QUANTITIES.find(([pattern]) => pattern.test(lower))?.[1] ?? null;
}

/** All but the first, which names the quantity. */
function wordsOf(name: string): string[] {
  return name.split(/[^\p{L}\d%°²/]+/u).slice(1);
}

/** The UCUM code of a unit as a person writes it; null when it is not known. */
export function unitCode(text: string): string | null {
  return Object.hasOwn(KNOWN, text) ? text : (SPELLINGS[text.toLowerCase()] ?? null);
}

/** A unit that was guessed is stored in its quantity's base: kW as W. */
export function guessedChange(from: string | null): UnitChange {
  const known = from === null ? undefined : KNOWN[from];
  return { from, to: known?.base ?? UNIT.one, conversion: known ? unlessNothing(known.conversion) : null };
}

/** `kW`, which stays that; `kW:W`, which is converted. @throws BadUse */
export function readUnitChange(text: string, column: string): UnitChange {
  const [written = "", wanted, ...rest] = text.split(":").map((part) => part.trim());
  if (written === "" || wanted === "" || rest.length > 0) {
    throw new BadUse(`--unit ${column}=${text}: must be a unit such as W, or two such as kW:W.`);
  }
  const from = unitCode(written) ?? written;
  if (wanted === undefined) return { from, to: from, conversion: null };
  const to = unitCode(wanted) ?? wanted;
  const [known, target] = [KNOWN[from], KNOWN[to]];
  if (from === to) return { from, to, conversion: null };
  if (!known || !target || known.base !== target.base) {
    throw new BadUse(`--unit ${column}=${text}: there is no way from ${from} to ${to}.`);
  }
  const { exponent, multiply, add } = target.conversion;
  return {
    from,
    to,
    conversion: {
      exponent: known.conversion.exponent - exponent,
      multiply: known.conversion.multiply / multiply,
      add: (known.conversion.add - add) / (multiply * 10 ** exponent),
    },
  };
}

/** A decimal number's text in the unit that is stored. @returns a double; not finite where the text's number is too large */
export function converted(text: string, { exponent, multiply, add }: Conversion): number {
  const shifted = exponent === 0 ? Number(text) : Number(withExponent(text, exponent));
  return shifted * multiply + add;
}

function withExponent(text: string, exponent: number): string {
  const [digits = "", before = "0"] = text.split(/e/i);
  return `${digits}e${Number(before) + exponent}`;
}

function unlessNothing(conversion: Conversion): Conversion | null {
  const { exponent, multiply, add } = conversion;
  return exponent === 0 && multiply === 1 && add === 0 ? null : conversion;
}

function prefixed(code: string, base: string): Record<string, KnownUnit> {
  const prefixes = [
    ["m", -3],
    ["", 0],
    ["k", 3],
    ["M", 6],
    ["G", 9],
  ] as const;
  return Object.fromEntries(prefixes.map(([prefix, exponent]) => [`${prefix}${code}`, scaled(base, exponent)]));
}

/** A small m is taken for mega: nobody measures a plant in milliwatts. */
function spelled(word: string, code: string): Record<string, string> {
  return { [word]: code, [`k${word}`]: `k${code}`, [`m${word}`]: `M${code}`, [`g${word}`]: `G${code}` };
}
