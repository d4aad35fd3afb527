import type { ConnectionTest } from "#lib/api/types.gen.ts";
import type { text } from "#lib/text.ts";

export type Sample = ConnectionTest["sample"][number];
export type Doubt = keyof typeof text.connect.sample.doubts;

/** Watts of one, by the UCUM code. Reactive and apparent power are near nothing where all is well, and so not judged. */
const POWER_UNITS: Readonly<Record<string, number>> = { W: 1, kW: 1e3, MW: 1e6 };
const ENERGY_UNITS = new Set(["W.h", "kW.h", "MW.h", "J", "kJ", "MJ", "GJ"]);

/** No single device has more: the largest inverters have 6 MW, the largest wind turbines 20 MW. */
export const POWER_OF_A_DEVICE_W_MAX = 50e6;
/** A device that is on has more, unless the sun has just gone; one that reports kW under the name of W has less. */
export const POWER_OF_A_DEVICE_W_MIN = 10;

/** What looks wrong with the unit of a value, as people mix units up; null where nothing does. */
export function unitDoubt({ name, unit, value }: Pick<Sample, "name" | "unit" | "value">): Doubt | null {
  const wattsPerUnit = POWER_UNITS[unit];
  if (saysEnergy(name) && wattsPerUnit !== undefined) return "energyAsPower";
  if (saysPower(name) && ENERGY_UNITS.has(unit)) return "powerAsEnergy";
  if (wattsPerUnit !== undefined) {
    const magnitudeW = Math.abs(value) * wattsPerUnit;
    if (magnitudeW > POWER_OF_A_DEVICE_W_MAX) return "thousandTimesTooMuch";
    if (magnitudeW > 0 && magnitudeW < POWER_OF_A_DEVICE_W_MIN) return "thousandTimesTooLittle";
  }
  return saysShare(name) && unit === "%" && (value < 0 || value > 100) ? "shareOutOfRange" : null;
}

function saysEnergy(name: string): boolean {
  return /energy/i.test(name);
}

function saysPower(name: string): boolean {
  return /power(?!_?factor)/i.test(name) && !saysEnergy(name);
}

function saysShare(name: string): boolean {
  return /state_of|soc|soh/i.test(name);
}
