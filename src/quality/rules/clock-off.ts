import { type Place, solarElevationDeg } from "../../domain/daylight.ts";
import type { Finding } from "../../domain/quality.ts";
import type { LatestReading } from "../../domain/reading.ts";
import { type Detector, Scale } from "../detector.ts";
import { isForeseen, type SeriesFacts } from "../series-facts.ts";
import { CLOCK, NEIGHBOURS_MS_MAX } from "../thresholds.ts";

/**
 * The device's clock or timezone is off: power from the sun in the dark. It takes the site's place. A clock that is some minutes off does not show, nor one that is
 * late: a cloud that delivers late looks alike.
 */
export function producesInTheDark({ isSolarPower, place, ratedPower }: SeriesFacts): Detector | null {
  return isSolarPower && place ? new DarkPower(place, ratedPower) : null;
}

/** The same from what is live: a reading that arrives before its time. */
export function aheadOfArrival(name: string, latest: LatestReading): Finding | null {
  const aheadMs = latest.timeMs - latest.receivedAtMs;
  if (aheadMs < CLOCK.aheadMsMin || isForeseen(name)) return null;
  return {
    rule: "clock_off",
    fromMs: latest.receivedAtMs,
    toMs: null,
    evidence: { aheadS: Math.round(aheadMs / 1_000) },
  };
}

class DarkPower implements Detector {
  readonly #found: Finding[] = [];
  readonly #place: Place;
  readonly #scale: Scale;
  #fromMs: number | null = null;
  #lastMs = 0;
  #readings = 0;
  #greatest = 0;
  #lowestDeg = 0;

  constructor(place: Place, rated: number | null) {
    this.#place = place;
    this.#scale = new Scale(rated);
  }

  take(timeMs: number, value: number): void {
    this.#scale.take(value);
    if (this.#fromMs !== null && timeMs - this.#lastMs > NEIGHBOURS_MS_MAX) this.#close();
    const isPower = value > 0 && value >= CLOCK.darkPowerShareMin * this.#scale.whole;
    const sunDeg = isPower ? solarElevationDeg(this.#place, timeMs) : 0;
    if (!isPower || sunDeg > CLOCK.darkDegMax) {
      this.#close();
      return;
    }
    if (this.#fromMs === null) {
      this.#fromMs = timeMs;
      this.#readings = this.#greatest = this.#lowestDeg = 0;
    }
    this.#lastMs = timeMs;
    this.#readings++;
    this.#greatest = Math.max(this.#greatest, value);
    this.#lowestDeg = Math.min(this.#lowestDeg, sunDeg);
  }

  end(): readonly Finding[] {
    this.#close();
    return this.#found;
  }

  #close(): void {
    const fromMs = this.#fromMs;
    this.#fromMs = null;
    if (fromMs === null || this.#readings < CLOCK.darkReadingsMin || this.#lastMs - fromMs < CLOCK.darkMsMin) return;
    const evidence = { greatest: this.#greatest, readings: this.#readings, sunDownToDeg: Math.round(this.#lowestDeg) };
    this.#found.push({ rule: "clock_off", fromMs, toMs: this.#lastMs + 1, evidence });
  }
}
