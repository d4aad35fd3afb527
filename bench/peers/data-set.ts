/**
 * The seeded data sets. A value is a pure function of (series, tick), so that a body can be built anywhere, in any order, and an
 * answer of any peer can be checked against what went in.
 */

export interface DataSetPlan {
  readonly name: "A" | "B" | "C";
  readonly seriesCount: number;
  /** Time of the first tick, epoch ms. */
  readonly startMs: number;
  readonly intervalMs: number;
  readonly ticks: number;
  /** Each time is up to this much late, as devices with clocks of their own are; 0: all on the interval. */
  readonly jitterMs: number;
}

export const DAY_MS = 86_400_000;
/** The first reading: 2026-06-01T00:00:00Z. A whole number of days, so that steps of all peers begin where it does. */
const START_MS = 1_780_272_000_000;
/** Devices of one site; each has one series. */
export const DEVICES_PER_SITE = 500;
export const METRIC = "active_power";

const SEED = 20_261_121;
/** A power of two; longer than any series, so that no series repeats its noise. */
const NOISE_LENGTH = 65_536;
/** Standard deviation of the noise, in hundredths of a unit. */
const NOISE_SIGMA = 5;
/** Odd, so that one series walks through the whole noise before it meets it again. */
const NOISE_STRIDE_TICK = 25_173;
const NOISE_STRIDE_SERIES = 40_503;
/** The daily sine, as a share of the series' base value. */
const SINE_SHARE = 0.05;

const noise = gaussianNoise();

/** @param scale 1 for the data set of the issue; less for fewer ticks */
export function dataSetPlan(name: DataSetPlan["name"], scale: number): DataSetPlan {
  const ticks = (days: number, intervalMs: number): number =>
    Math.max(6, Math.round((days * DAY_MS * scale) / intervalMs));
  if (name === "C") {
    return {
      name,
      seriesCount: 50_000,
      startMs: START_MS,
      intervalMs: 900_000,
      ticks: ticks(30, 900_000),
      jitterMs: 0,
    };
  }
  return {
    name,
    seriesCount: 2_000,
    startMs: START_MS,
    intervalMs: 10_000,
    ticks: ticks(2, 10_000),
    jitterMs: name === "B" ? 200 : 0,
  };
}

export class DataSet {
  readonly plan: DataSetPlan;
  readonly #baseHundredths: Float64Array;
  readonly #phase: Float64Array;

  constructor(plan: DataSetPlan) {
    this.plan = plan;
    const random = seededRandom(SEED);
    this.#baseHundredths = Float64Array.from({ length: plan.seriesCount }, () => 10_000 + random() * 490_000);
    this.#phase = Float64Array.from({ length: plan.seriesCount }, () => random() * 2 * Math.PI);
  }

  get readings(): number {
    return this.plan.seriesCount * this.plan.ticks;
  }

  /** End of the time range, after the last reading. */
  get endMs(): number {
    return this.plan.startMs + this.plan.ticks * this.plan.intervalMs;
  }

  /** The value times 100: a whole number above 0. */
  hundredths(series: number, tick: number): number {
    // Bounded by the arrays' lengths: both are made for every series of the plan.
    const base = this.#baseHundredths[series]!;
    const angle = (tick * this.plan.intervalMs * 2 * Math.PI) / DAY_MS + this.#phase[series]!;
    const place = (tick * NOISE_STRIDE_TICK + series * NOISE_STRIDE_SERIES) & (NOISE_LENGTH - 1);
    return Math.round(base + base * SINE_SHARE * Math.sin(angle) + noise[place]!);
  }

  timeMs(series: number, tick: number): number {
    const { startMs, intervalMs, jitterMs } = this.plan;
    const onTime = startMs + tick * intervalMs;
    if (jitterMs === 0) return onTime;
    return onTime + ((Math.imul(tick * 131_071 + series, 2_654_435_761) >>> 8) % (jitterMs + 1));
  }
}

/** `s01`, `s02`, … */
export function siteName(series: number): string {
  return `s${String(1 + Math.floor(series / DEVICES_PER_SITE)).padStart(2, "0")}`;
}

/** `d0001`, `d0002`, …: no two alike, whatever the site. */
export function deviceName(series: number): string {
  return `d${String(1 + series).padStart(4, "0")}`;
}

/** mulberry32: uniform in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box-Muller. */
function gaussianNoise(): Float64Array {
  const random = seededRandom(SEED + 1);
  return Float64Array.from({ length: NOISE_LENGTH }, () => {
    return NOISE_SIGMA * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  });
}
