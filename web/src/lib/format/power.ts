const STEPS = [
  { unit: "GW", watts: 1e9 },
  { unit: "MW", watts: 1e6 },
  { unit: "kW", watts: 1e3 },
] as const;

const SIGNIFICANT_DIGITS = 3;
/** True minus, as wide as a digit in tabular numerals. */
const MINUS = "−";

/** A number for people and the unit it is in. */
export interface Quantity {
  readonly digits: string;
  readonly unit: string;
}

/**
 * A power in W with three significant digits, in the unit that reads best: "3.24 kW", "324 W", "−1.50 MW".
 * The same on every machine: no locale takes part, so that the server's text and the browser's agree.
 */
export function powerQuantity(activePowerW: number): Quantity {
  const magnitudeW = Math.abs(activePowerW);
  const sign = activePowerW < 0 ? MINUS : "";
  if (magnitudeW < 0.05) return { digits: "0", unit: "W" };
  for (const { unit, watts } of STEPS) {
    // 999.5 W already rounds to 1.00 kW.
    if (magnitudeW >= watts * 0.9995) return { digits: sign + threeDigits(magnitudeW / watts), unit };
  }
  return { digits: sign + threeDigits(magnitudeW), unit: "W" };
}

export function formatPower(activePowerW: number): string {
  const { digits, unit } = powerQuantity(activePowerW);
  // No-break space: a number never leaves its unit.
  return `${digits} ${unit}`;
}

/** A value in any unit: three significant digits, its UCUM code as people write it. */
export function formatValue(value: number, unit: string): string {
  if (unit === "W") return formatPower(value);
  const sign = value < 0 ? MINUS : "";
  const digits = value === 0 ? "0" : sign + threeDigits(Math.abs(value));
  const shown = unitText(unit);
  return shown ? `${digits} ${shown}` : digits;
}

const UNIT_TEXT: Readonly<Record<string, string>> = {
  "W.h": "Wh",
  "kW.h": "kWh",
  "MW.h": "MWh",
  Cel: "°C",
  "1": "",
};

/** A UCUM code as people write it. */
export function unitText(unit: string): string {
  return UNIT_TEXT[unit] ?? unit;
}

/** A share between 0 and 1 as whole percent. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function threeDigits(magnitude: number): string {
  if (magnitude >= 99.95) return Math.round(magnitude).toString();
  if (magnitude >= 9.995) return magnitude.toFixed(1);
  if (magnitude >= 0.005) return magnitude.toFixed(2);
  return magnitude.toPrecision(SIGNIFICANT_DIGITS);
}
