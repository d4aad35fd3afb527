import { powerQuantity } from "./power.ts";

/** An energy in W.h with three significant digits, in the unit that reads best: "3.24 kWh", "−1.50 MWh". */
export function formatEnergy(energyWh: number): string {
  const { digits, unit } = powerQuantity(energyWh);
  return `${digits}\u00a0${unit}h`;
}
