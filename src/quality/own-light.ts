import { daylightMs, type Place } from "../domain/daylight.ts";
import { Scale } from "./detector.ts";
import { MISSING } from "./thresholds.ts";

/** Whether a device that sleeps at night had a reason to be silent: by the sun where its place is known, or by what it produced last. */
export class OwnLight {
  readonly #place: Place | null;
  readonly #scale: Scale;
  #now: { readonly timeMs: number; readonly power: number } | null = null;
  #before = this.#now;

  constructor(place: Place | null, rated: number | null) {
    this.#place = place;
    this.#scale = new Scale(rated);
  }

  /** A power from the sun; times ascend. */
  take(timeMs: number, power: number): void {
    this.#scale.take(power);
    if (this.#now === null || timeMs > this.#now.timeMs) this.#before = this.#now;
    this.#now = { timeMs, power };
  }

  /** Whether night explains that nothing came from `fromMs` until `toMs`. */
  explains(fromMs: number, toMs: number): boolean {
    if (this.#place) return daylightMs(this.#place, fromMs, toMs, MISSING.sunDegMin) < MISSING.lastsMsMin;
    if (toMs - fromMs > MISSING.sleepMsMax) return false;
    const last = this.#now && this.#now.timeMs < toMs ? this.#now : this.#before;
    return last === null || last.power <= MISSING.sleepShareMax * this.#scale.whole;
  }
}
