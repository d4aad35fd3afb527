import { sky } from "../sky.ts";
import { clearSkyIrradianceWPerM2, type Place, sineOfSolarElevation } from "../sun.ts";
import type { Zone } from "./calendar.ts";

/** A slot of the vendor's power curve; a whole number of them fills any local day. */
export const SLOT_MS = 300_000;

const SLOT_H = SLOT_MS / 3_600_000;
const RATED_IRRADIANCE_W_PER_M2 = 1_000;
const EFFICIENCY = 0.93;

/** Panels at one place: their power, and the energies that follow from it. All of it is a pure function of time. */
export class PvArray {
  readonly #seed: number;
  readonly #sky: string;
  readonly #place: Place;
  readonly #zone: Zone;
  readonly #ratedPowerW: number;
  readonly #dayWh = new Map<number, number>();

  /** `sky` names the clouds: arrays of one sky are shaded alike. */
  constructor(seed: number, sky: string, place: Place, zone: Zone, ratedPowerW: number) {
    this.#seed = seed;
    this.#sky = sky;
    this.#place = place;
    this.#zone = zone;
    this.#ratedPowerW = ratedPowerW;
  }

  /** W at an instant, from 0 to the rated power. */
  powerW(timeMs: number): number {
    const irradiance = clearSkyIrradianceWPerM2(sineOfSolarElevation(this.#place, timeMs));
    if (irradiance === 0) return 0;
    const share = (irradiance / RATED_IRRADIANCE_W_PER_M2) * EFFICIENCY * sky(this.#seed, this.#sky, timeMs);
    return this.#ratedPowerW * Math.min(1, share);
  }

  /** W, whole, over the slot that begins there (a multiple of `SLOT_MS`); its middle stands for the slot. */
  slotPowerW(slotMs: number): number {
    return Math.round(this.powerW(slotMs + SLOT_MS / 2));
  }

  /** Wh of the slots in [fromMs, toMs) that are over at `nowMs`. */
  energyWh(fromMs: number, toMs: number, nowMs: number): number {
    let sumW = 0;
    for (const slotMs of slotsOf(fromMs, toMs, nowMs)) sumW += this.slotPowerW(slotMs);
    return sumW * SLOT_H;
  }

  /** Wh of a local calendar day, as far as it is over at `nowMs`. */
  dayEnergyWh(day: number, nowMs: number): number {
    const fromMs = this.#zone.startOfDayMs(day);
    const toMs = this.#zone.startOfDayMs(day + 1);
    if (toMs > nowMs) return this.energyWh(fromMs, toMs, nowMs);
    const known = this.#dayWh.get(day);
    if (known !== undefined) return known;
    const energyWh = this.energyWh(fromMs, toMs, nowMs);
    this.#dayWh.set(day, energyWh);
    return energyWh;
  }
}

/** Starts of the slots in [fromMs, toMs) that are over at `nowMs`, epoch ms. */
export function* slotsOf(fromMs: number, toMs: number, nowMs: number): Generator<number> {
  const lastMs = Math.min(toMs - 1, nowMs - SLOT_MS);
  for (let slotMs = Math.ceil(fromMs / SLOT_MS) * SLOT_MS; slotMs <= lastMs; slotMs += SLOT_MS) yield slotMs;
}
