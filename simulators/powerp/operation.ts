import { chance, smoothChance } from "../chance.ts";

/** How a machine, or the plant as a whole, runs at a moment. */
export interface Operation {
  /** Share of the rated power, 0 to 1. */
  readonly load: number;
  /** `load` as metal feels it: its mean over the last half hour. */
  readonly warmth: number;
  /** Share of the rated speed, 0 (stands still) to 1. */
  readonly speed: number;
  /** Share of the highest inflow, 0 to 1. */
  readonly inflow: number;
  readonly headM: number;
  readonly frequencyHz: number;
  readonly airC: number;
  readonly waterC: number;
}

/** A pure function of time (epoch ms). */
export type OperationAt = (timeMs: number) => Operation;

export const UNIT_COUNT = 8;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The plant lives on Central European winter time all year. */
const LOCAL_OFFSET_MS = HOUR_MS;
/** A unit comes up over this part of the demand that calls for it. */
const START_PART = 0.15;
/** The least load at which a unit is kept running. */
const LOAD_MIN = 0.35;
/** Ages of the loads whose mean is `warmth`. */
const WARMTH_AGES_MS = [0, 10, 20, 30].map((minutes) => minutes * MINUTE_MS);

/** The units of the hydro plant, and last the plant: demand follows the day, and units start and stop one after the other. */
export function hydroOperations(seed: number): { readonly units: readonly OperationAt[]; readonly plant: OperationAt } {
  // Which unit is called first differs from seed to seed.
  const ranks = Array.from({ length: UNIT_COUNT }, (_, unit) => unit).sort(
    (a, b) => chance(seed, "rank", a) - chance(seed, "rank", b),
  );
  const loadAt = (unit: number, timeMs: number): number => {
    const called = clamp01(demand(seed, timeMs) * UNIT_COUNT - ranks.indexOf(unit));
    const wobble = 1 - 0.03 * smoothChance(seed, `unit ${unit} load`, timeMs, 90_000);
    return ease(called / START_PART) * (LOAD_MIN + (1 - LOAD_MIN) * called) * wobble;
  };
  const units = ranks.map(
    (_, unit): OperationAt =>
      (timeMs) => {
        const load = loadAt(unit, timeMs);
        const warmth = mean(WARMTH_AGES_MS.map((ageMs) => loadAt(unit, timeMs - ageMs)));
        return { ...surroundings(seed, timeMs), load, warmth, speed: ease(load / 0.1) };
      },
  );
  const meanLoad = (timeMs: number): number => mean(units.map((_, unit) => loadAt(unit, timeMs)));
  const plant: OperationAt = (timeMs) => {
    const load = meanLoad(timeMs);
    const warmth = mean([load, meanLoad(timeMs - 20 * MINUTE_MS)]);
    return { ...surroundings(seed, timeMs), load, warmth, speed: 1 };
  };
  return { units, plant };
}

/** The solar plant: `load` is the irradiance as a share of 1,000 W/m², `speed` is 0 by night. */
export function solarOperation(seed: number): OperationAt {
  const loadAt = (timeMs: number): number => {
    const height = Math.sin(((localHour(timeMs) - 6) / 12) * Math.PI);
    const clouds = smoothChance(seed, "clouds", timeMs, 4 * MINUTE_MS) * smoothChance(seed, "sky", timeMs, 3 * HOUR_MS);
    return height <= 0 ? 0 : height * (1 - 0.75 * clouds);
  };
  return (timeMs) => {
    const load = loadAt(timeMs);
    const warmth = mean(WARMTH_AGES_MS.map((ageMs) => loadAt(timeMs - ageMs / 3)));
    return { ...surroundings(seed, timeMs), load, warmth, speed: ease(load / 0.02) };
  };
}

/** Share of the plant's power that is called for: two peaks a day, weather over hours, and the grid's own unrest. */
function demand(seed: number, timeMs: number): number {
  const hour = localHour(timeMs);
  const day = 0.5 - 0.22 * Math.cos(((hour - 3) / 24) * 2 * Math.PI);
  const peaks = 0.16 * bump(hour - 8) + 0.24 * bump(hour - 19);
  const weather = 0.16 * (smoothChance(seed, "demand weather", timeMs, 6 * HOUR_MS) - 0.5);
  const unrest = 0.05 * (smoothChance(seed, "demand unrest", timeMs, 7 * MINUTE_MS) - 0.5);
  return day + peaks + weather + unrest;
}

function surroundings(seed: number, timeMs: number): Omit<Operation, "load" | "warmth" | "speed"> {
  const inflow = smoothChance(seed, "inflow", timeMs, 2 * DAY_MS);
  const season = Math.cos(((timeMs / DAY_MS - 200) / 365.25) * 2 * Math.PI);
  return {
    inflow,
    headM: 31 + 2.5 * inflow - 0.3 * Math.cos(((localHour(timeMs) - 5) / 24) * 2 * Math.PI),
    frequencyHz: 50 + 0.08 * (smoothChance(seed, "frequency", timeMs, 40_000) - 0.5),
    airC: 10 + 11 * season - 4 * Math.cos(((localHour(timeMs) - 3) / 24) * 2 * Math.PI),
    waterC: 9 + 6 * season,
  };
}

function localHour(timeMs: number): number {
  const ofDayMs = (timeMs + LOCAL_OFFSET_MS) % DAY_MS;
  return (ofDayMs < 0 ? ofDayMs + DAY_MS : ofDayMs) / HOUR_MS;
}

/** A peak of height 1 at 0, about three hours wide. */
function bump(hours: number): number {
  return Math.exp(-(hours * hours) / 3);
}

function ease(part: number): number {
  const within = clamp01(part);
  return within * within * (3 - 2 * within);
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
