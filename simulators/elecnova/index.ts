export type { SimulatorCounters, SimulatorTimings } from "../strict-server.ts";
export type { SimulatorTime } from "../time.ts";
export { DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, type Profile, type ViolationKind } from "./access.ts";
export type { MqttCounters } from "./broker.ts";
export { type Faults, parseFaults, SETTINGS_MS, STRIKES } from "./faults.ts";
export { CABINETS_DEFAULT, CABINETS_MAX, type Cabinet, type Component, createPlant } from "./plant.ts";
export {
  type ElecnovaSimulator,
  type ElecnovaSimulatorOptions,
  PUBLISH_INTERVAL_MS,
  startElecnovaSimulator,
  type Violation,
} from "./simulator.ts";
