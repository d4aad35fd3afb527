export { type Faults, parseFaults, SETTINGS_MS, STRIKES } from "./faults.ts";
export {
  addChecksums,
  createPlant,
  type Database,
  HYDRO_DATABASE_ID,
  type Plant,
  pointChecksum,
  type Signal,
  SOLAR_DATABASE_ID,
  type Tally,
} from "./plant.ts";
export type { PowerPViolation } from "./refusal.ts";
export {
  CLIENT_ID,
  CLIENT_SECRET,
  type PowerPSimulator,
  type PowerPSimulatorOptions,
  REQUESTS_PER_SECOND,
  startPowerPSimulator,
} from "./server.ts";
