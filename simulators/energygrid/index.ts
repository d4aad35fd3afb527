export type { SimulatorTime } from "../time.ts";
export { type Faults, parseFaults, SETTINGS_MS, STRIKES } from "./faults.ts";
export { createFleet, type Fleet, type Inverter, type InverterState, PLANTS, type Plant } from "./fleet.ts";
export {
  DEFAULT_TOKEN,
  type EnergyGridSimulator,
  type EnergyGridSimulatorOptions,
  startEnergyGridSimulator,
  type Violation,
} from "./server.ts";
