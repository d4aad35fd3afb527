import type { Finding } from "../../domain/quality.ts";
import type { Detector } from "../detector.ts";
import type { SeriesFacts } from "../series-facts.ts";
import { RANGE, UNIT_FACTOR } from "../thresholds.ts";

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Out of physical range: more than the device can, or than there is. What is many times the rated power is `unit_factor`'s. */
export function outOfRange(facts: SeriesFacts): Detector | null {
  const range = rangeOf(facts);
  return range && new Outside(range, facts.isMeasuredPower && facts.ratedPower !== null ? facts.ratedPower : null);
}

/** What the series can be, in its unit; null where nothing is known. */
export function rangeOf(facts: SeriesFacts): Range | null {
  const { name, unit, ratedPower, isMeasuredPower, isSolarPower, kind } = facts;
  if (isMeasuredPower && ratedPower !== null) {
    const max = RANGE.powerShareMax * ratedPower;
    return { min: isSolarPower ? RANGE.nightShareMin * ratedPower : -max, max };
  }
  if (kind === "counter") return { min: 0, max: Number.POSITIVE_INFINITY };
  if (unit === "%") return percentRange(name);
  if (unit === "Hz") return RANGE.frequencyHz;
  if (unit === "Cel") return RANGE.temperatureCel;
  if (unit === "W/m2") return RANGE.irradianceWPerM2;
  if (unit === "m/s" && name.includes("wind")) return RANGE.windSpeedMPerS;
  return null;
}

function percentRange(name: string): Range | null {
  const slack = RANGE.percentSlack;
  if (name === "state_of_charge" || name.includes("humidity")) return { min: -slack, max: 100 + slack };
  return name === "state_of_health" ? { min: 0, max: RANGE.stateOfHealthMax } : null;
}

class Outside implements Detector {
  readonly #found: Finding[] = [];
  readonly #range: Range;
  readonly #rated: number | null;
  #fromMs: number | null = null;
  #readings = 0;
  #least = 0;
  #greatest = 0;

  constructor(range: Range, rated: number | null) {
    this.#range = range;
    this.#rated = rated;
  }

  take(timeMs: number, value: number): void {
    const { min, max } = this.#range;
    const isOutside = value < min || value > max;
    if (!isOutside || this.#isOfAnotherUnit(value) || this.#isWithoutVoltage(value)) {
      this.#close(timeMs);
      return;
    }
    if (this.#fromMs === null) {
      this.#fromMs = timeMs;
      this.#readings = 0;
      this.#least = this.#greatest = value;
    }
    this.#readings++;
    this.#least = Math.min(this.#least, value);
    this.#greatest = Math.max(this.#greatest, value);
  }

  end(): readonly Finding[] {
    this.#close(null);
    return this.#found;
  }

  #isOfAnotherUnit(value: number): boolean {
    return this.#rated !== null && Math.abs(value) > UNIT_FACTOR.overRated * this.#rated;
  }

  /** A device that is off says 0 Hz. */
  #isWithoutVoltage(value: number): boolean {
    return value === 0 && this.#range === RANGE.frequencyHz;
  }

  #close(toMs: number | null): void {
    if (this.#fromMs === null) return;
    const { min, max } = this.#range;
    const allowed = {
      ...(Number.isFinite(min) && { allowedMin: min }),
      ...(Number.isFinite(max) && { allowedMax: max }),
    };
    const evidence = { least: this.#least, greatest: this.#greatest, readings: this.#readings, ...allowed };
    this.#found.push({ rule: "out_of_range", fromMs: this.#fromMs, toMs, evidence });
    this.#fromMs = null;
  }
}
