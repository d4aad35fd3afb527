import type { Finding } from "../../domain/quality.ts";
import { type Detector, Scale } from "../detector.ts";
import type { SeriesFacts } from "../series-facts.ts";
import { FLAT, NEIGHBOURS_MS_MAX } from "../thresholds.ts";

/**
 * Flat-lined: one and the same power, again and again, where the sun, the wind and people make it move. Found are the readings that are equal, the
 * first among them. Zero and standby are no fault; what an inverter holds at its limit must last longer than any day.
 */
export function flatLined({ movesByNature, ratedPower }: SeriesFacts): Detector | null {
  return movesByNature ? new FlatLine(ratedPower) : null;
}

class FlatLine implements Detector {
  readonly #found: Finding[] = [];
  readonly #scale: Scale;
  readonly #rated: number | null;
  #value = Number.NaN;
  #readings = 0;
  #fromMs = 0;
  #lastMs = 0;
  #stepMs = 0;
  /** The greatest magnitude before these equal values. */
  #highestBefore = 0;

  constructor(rated: number | null) {
    this.#rated = rated;
    this.#scale = new Scale(rated);
  }

  take(timeMs: number, value: number): void {
    if (value === this.#value && timeMs - this.#lastMs <= NEIGHBOURS_MS_MAX) {
      this.#readings++;
      this.#stepMs = timeMs - this.#lastMs;
      this.#lastMs = timeMs;
      return;
    }
    if (this.#isFound()) this.#found.push(this.#finding(Math.min(timeMs, this.#lastMs + this.#stepMs)));
    this.#highestBefore = this.#scale.highest;
    this.#scale.take(value);
    this.#value = value;
    this.#readings = 1;
    this.#fromMs = this.#lastMs = timeMs;
  }

  end(untilMs: number): readonly Finding[] {
    if (!this.#isFound()) return this.#found;
    const isSilent = untilMs - this.#lastMs > NEIGHBOURS_MS_MAX;
    return [...this.#found, this.#finding(isSilent ? this.#lastMs + this.#stepMs : null)];
  }

  #isFound(): boolean {
    const magnitude = Math.abs(this.#value);
    if (this.#readings < FLAT.readingsMin || magnitude < FLAT.shareMin * this.#scale.whole) return false;
    // Before anything is known of it, zero is a hundredth of itself.
    if (magnitude === 0) return false;
    return this.#lastMs - this.#fromMs >= (this.#isAtLimit(magnitude) ? FLAT.atLimitMsMin : FLAT.lastsMsMin);
  }

  #isAtLimit(magnitude: number): boolean {
    if (this.#rated !== null && magnitude >= FLAT.limitShare * this.#rated) return true;
    return magnitude >= FLAT.highestShare * this.#highestBefore;
  }

  #finding(toMs: number | null): Finding {
    const evidence = { value: this.#value, readings: this.#readings };
    return { rule: "flat_lined", fromMs: this.#fromMs, toMs, evidence };
  }
}
