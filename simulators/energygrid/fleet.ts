import { chance } from "../chance.ts";
import { sky } from "../sky.ts";
import { clearSkyIrradianceWPerM2, type Place, sineOfSolarElevation } from "../sun.ts";

/** Inverters that stand together, under one sky. */
export interface Plant extends Place {
  readonly name: string;
  /** IANA name. */
  readonly timezone: string;
  /** `SN-` and three digits; all of one plant follow each other. */
  readonly serials: readonly string[];
}

/** One of five places around the Earth, so that it is day somewhere at any time. */
export const PLANTS: readonly Plant[] = (
  [
    ["Sevilla", 37.4, -6.0, "Europe/Madrid"],
    ["Bakersfield", 35.4, -119.0, "America/Los_Angeles"],
    ["Jodhpur", 26.3, 73.0, "Asia/Kolkata"],
    ["Toowoomba", -27.6, 151.9, "Australia/Brisbane"],
    ["Calama", -22.5, -68.9, "America/Santiago"],
  ] as const
).map(([name, latitude, longitude, timezone], index) => ({
  name,
  latitude,
  longitude,
  timezone,
  serials: Array.from({ length: 100 }, (_, i) => `SN-${String(index * 100 + i).padStart(3, "0")}`),
}));

/** What the vendor knows of one inverter at a moment. */
export interface InverterState {
  /** W, from 0 to the rated power, as last reported. */
  readonly powerW: number;
  readonly online: boolean;
  /** When the inverter last reported, epoch ms, whole. */
  readonly reportedAtMs: number;
  /** Power as the vendor writes it, such as `3.24 kW` or `840 W`. */
  readonly powerText: string;
}

export interface Inverter {
  readonly serial: string;
  readonly plant: Plant;
  /** W, between 3,000 and 12,000. */
  readonly ratedPowerW: number;
  /** A pure function of seed, serial and time (epoch ms): the past can be asked as well as the present. */
  at(timeMs: number): InverterState;
}

/** Inverters by serial. */
export type Fleet = ReadonlyMap<string, Inverter>;

/** An inverter reports this often. */
export const REPORT_INTERVAL_MS = 5_000;

const RATED_POWER_W = { min: 3_000, max: 12_000, step: 10 } as const;
/** Share of irradiance that reaches the grid, relative to the rating: soiling, wiring, heat. */
const EFFICIENCY = { min: 0.88, max: 0.98 } as const;
/** Irradiance at which a panel gives its rated power (standard test conditions). */
const RATED_IRRADIANCE_W_PER_M2 = 1_000;
/** A shadow takes this long from one inverter of a plant to the next. */
const SHADOW_STEP_MS = 700;
/** Share of inverters that write small power in W instead of kW. */
const WATT_WRITERS = 0.1;

/** Offline spells: in every slot an inverter has at most one. 0.096 · 50 min of 240 min is 2 % of the time. */
const SPELL = { slotMs: 14_400_000, chance: 0.096, minMs: 600_000, maxMs: 5_400_000 } as const;

/** The 500 inverters of `PLANTS`; another seed gives other ratings, clouds and offline spells. */
export function createFleet(seed: number): Fleet {
  return new Map(
    PLANTS.flatMap((plant) => plant.serials.map((serial, row) => [serial, createInverter(seed, plant, serial, row)])),
  );
}

function createInverter(seed: number, plant: Plant, serial: string, row: number): Inverter {
  const steps = (RATED_POWER_W.max - RATED_POWER_W.min) / RATED_POWER_W.step;
  const ratedPowerW = RATED_POWER_W.min + RATED_POWER_W.step * Math.floor(chance(seed, serial, "rating") * (steps + 1));
  const efficiency = EFFICIENCY.min + (EFFICIENCY.max - EFFICIENCY.min) * chance(seed, serial, "efficiency");
  const phaseMs = Math.floor(chance(seed, serial, "phase") * REPORT_INTERVAL_MS);
  const writesWatts = chance(seed, serial, "writes watts") < WATT_WRITERS;

  const powerW = (timeMs: number): number => {
    const irradiance = clearSkyIrradianceWPerM2(sineOfSolarElevation(plant, timeMs));
    if (irradiance === 0) return 0;
    const share =
      (irradiance / RATED_IRRADIANCE_W_PER_M2) * efficiency * sky(seed, plant.name, timeMs - row * SHADOW_STEP_MS);
    return Math.min(ratedPowerW, ratedPowerW * share);
  };
  const lastReportMs = (timeMs: number): number =>
    Math.floor((timeMs - phaseMs) / REPORT_INTERVAL_MS) * REPORT_INTERVAL_MS + phaseMs;

  return {
    serial,
    plant,
    ratedPowerW,
    at(timeMs) {
      const spellStartMs = offlineSince(seed, serial, timeMs);
      const reportedAtMs = lastReportMs(spellStartMs ?? timeMs);
      const reportedW = powerW(reportedAtMs);
      return {
        powerW: reportedW,
        online: spellStartMs === null,
        reportedAtMs,
        powerText: powerText(reportedW, writesWatts),
      };
    },
  };
}

/** Start of the offline spell that holds at that time; null while the inverter is connected. */
function offlineSince(seed: number, serial: string, timeMs: number): number | null {
  const shiftMs = Math.floor(chance(seed, serial, "slot") * SPELL.slotMs);
  const slot = Math.floor((timeMs + shiftMs) / SPELL.slotMs);
  if (chance(seed, serial, "spell", slot) >= SPELL.chance) return null;
  const lengthMs = SPELL.minMs + Math.floor((SPELL.maxMs - SPELL.minMs) * chance(seed, serial, "spell length", slot));
  const leadMs = Math.floor((SPELL.slotMs - lengthMs) * chance(seed, serial, "spell start", slot));
  const startMs = slot * SPELL.slotMs - shiftMs + leadMs;
  return timeMs >= startMs && timeMs < startMs + lengthMs ? startMs : null;
}

function powerText(powerW: number, writesWatts: boolean): string {
  const roundedW = Math.round(powerW);
  return writesWatts && roundedW > 0 && roundedW < 1_000 ? `${roundedW} W` : `${(powerW / 1_000).toFixed(2)} kW`;
}
