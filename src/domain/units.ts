/** Units are UCUM codes (ucum.org), case-sensitive. The set is open: these are the ones Kilowatch itself writes. */
export const UNIT = {
  watt: "W",
  wattHour: "W.h",
  volt: "V",
  ampere: "A",
  percent: "%",
  celsius: "Cel",
  metrePerSecond: "m/s",
  hertz: "Hz",
  /** UCUM has no var: a volt ampere, with a note. */
  voltAmpereReactive: "V.A{reactive}",
  one: "1",
} as const;

const PREFIXES: Readonly<Record<string, number>> = { "": 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9 };
const POWER_UNIT = /^([mkMG]?)W$/;

/** How many watts one of the unit is; null for what is no power. */
export function wattsPer(unit: string): number | null {
  const [, prefix] = POWER_UNIT.exec(unit) ?? [];
  return prefix === undefined ? null : (PREFIXES[prefix] ?? null);
}
