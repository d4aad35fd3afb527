import { UNIT } from "../../domain/units.ts";

/** A vendor's unit in ours: a UCUM code, and how many decimal places its values move to the left of the point. */
export interface UnitConversion {
  readonly unit: string;
  /** Power of ten: the value in our unit is the vendor's times ten to this. */
  readonly exponent: number;
}

/** The vendor's `unitSymbol` → UCUM code and power of ten. Case counts: mW is not MW. */
const UNITS: Readonly<Record<string, readonly [unit: string, exponent: number]>> = {
  // power and energy
  W: ["W", 0],
  kW: ["W", 3],
  MW: ["W", 6],
  GW: ["W", 9],
  var: [UNIT.voltAmpereReactive, 0],
  VAr: [UNIT.voltAmpereReactive, 0],
  kvar: [UNIT.voltAmpereReactive, 3],
  kVAr: [UNIT.voltAmpereReactive, 3],
  Mvar: [UNIT.voltAmpereReactive, 6],
  MVAr: [UNIT.voltAmpereReactive, 6],
  VA: ["V.A", 0],
  kVA: ["V.A", 3],
  MVA: ["V.A", 6],
  Wh: ["W.h", 0],
  kWh: ["W.h", 3],
  MWh: ["W.h", 6],
  GWh: ["W.h", 9],
  // electricity
  mV: ["V", -3],
  V: ["V", 0],
  kV: ["V", 3],
  mA: ["A", -3],
  A: ["A", 0],
  kA: ["A", 3],
  Ohm: ["Ohm", 0],
  Ω: ["Ohm", 0],
  mHz: ["Hz", -3],
  Hz: ["Hz", 0],
  kHz: ["Hz", 3],
  // shares and plain numbers
  "": ["1", 0],
  "-": ["1", 0],
  "1": ["1", 0],
  "p.u.": ["1", 0],
  pu: ["1", 0],
  "%": ["%", 0],
  "‰": ["%", -1],
  ppm: ["[ppm]", 0],
  "°": ["deg", 0],
  deg: ["deg", 0],
  // temperature
  "°C": ["Cel", 0],
  "℃": ["Cel", 0],
  degC: ["Cel", 0],
  "°F": ["[degF]", 0],
  K: ["K", 0],
  // pressure and force
  Pa: ["Pa", 0],
  hPa: ["Pa", 2],
  kPa: ["Pa", 3],
  MPa: ["Pa", 6],
  mbar: ["bar", -3],
  bar: ["bar", 0],
  N: ["N", 0],
  kN: ["N", 3],
  Nm: ["N.m", 0],
  kNm: ["N.m", 3],
  // length, level, speed, vibration
  µm: ["um", 0],
  μm: ["um", 0],
  um: ["um", 0],
  mm: ["m", -3],
  cm: ["m", -2],
  m: ["m", 0],
  km: ["m", 3],
  "m a.s.l.": ["m", 0],
  "m ü.A.": ["m", 0],
  "mm/s": ["mm/s", 0],
  "m/s": ["m/s", 0],
  "m/s²": ["m/s2", 0],
  "m/s2": ["m/s2", 0],
  rpm: ["/min", 0],
  "1/min": ["/min", 0],
  "min-1": ["/min", 0],
  // water and air
  "m³": ["m3", 0],
  m3: ["m3", 0],
  "hm³": ["m3", 6],
  hm3: ["m3", 6],
  l: ["L", 0],
  L: ["L", 0],
  "m³/s": ["m3/s", 0],
  "m3/s": ["m3/s", 0],
  "m³/h": ["m3/h", 0],
  "m3/h": ["m3/h", 0],
  // UCUM has no normal cubic metre, which is not one at the gas's own pressure: a cubic metre, with a note.
  "Nm³/h": ["m3{normal}/h", 0],
  "Nm3/h": ["m3{normal}/h", 0],
  "l/s": ["L/s", 0],
  "L/s": ["L/s", 0],
  "l/min": ["L/min", 0],
  "L/min": ["L/min", 0],
  "mm/h": ["mm/h", 0],
  "mg/l": ["mg/L", 0],
  "mg/L": ["mg/L", 0],
  NTU: ["{NTU}", 0],
  "W/m²": ["W/m2", 0],
  "W/m2": ["W/m2", 0],
  // time
  ms: ["ms", 0],
  s: ["s", 0],
  min: ["min", 0],
  h: ["h", 0],
};

/** The vendor's unit in ours; null for one that is not known. A signal without a unit is a plain number. */
export function unitOf(unitSymbol: string | null): UnitConversion | null {
  const symbol = (unitSymbol ?? "").trim();
  const found = Object.hasOwn(UNITS, symbol) ? UNITS[symbol] : undefined;
  return found ? { unit: found[0], exponent: found[1] } : null;
}

/** A value times a power of ten, exactly as its decimals say: 0.29 · 10³ is 290, not 290.00000000000006. */
export function scaled(value: number, exponent: number): number {
  if (exponent === 0) return value;
  const [digits, ownExponent = "0"] = String(value).split("e");
  return Number(`${digits}e${Number(ownExponent) + exponent}`);
}
