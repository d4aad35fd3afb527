import type { Finding } from "../../domain/quality.ts";
import type { Detector } from "../detector.ts";
import type { SeriesFacts } from "../series-facts.ts";
import { COUNTER } from "../thresholds.ts";

/**
 * A counter that went back. `counter_reset`: it began anew near 0, or another meter took its place; the finding lies between the two readings. `counter_back`: it
 * was less for a while than it had been; whoever takes differences of such a counter counts that energy twice.
 */
export function counterBack({ kind }: SeriesFacts): Detector | null {
  return kind === "counter" ? new Back() : null;
}

interface Dip {
  readonly fromMs: number;
  readonly value: number;
}

class Back implements Detector {
  readonly #found: Finding[] = [];
  #highest: number | null = null;
  #lastMs = 0;
  #dip: Dip | null = null;

  take(timeMs: number, value: number): void {
    const highest = this.#highest;
    if (highest === null || value >= highest - COUNTER.slackShare * Math.abs(highest)) {
      this.#closeDip(timeMs);
      this.#highest = Math.max(value, highest ?? value);
    } else if (value >= 0 && value <= COUNTER.resetShareMax * highest) {
      this.#closeDip(timeMs);
      this.#begunAnew({ fromMs: this.#lastMs, value }, timeMs, highest);
      this.#highest = value;
    } else {
      this.#dip ??= { fromMs: timeMs, value };
      if (timeMs - this.#dip.fromMs > COUNTER.dipMsMax) {
        this.#begunAnew(this.#dip, timeMs, highest);
        this.#dip = null;
        this.#highest = value;
      }
    }
    this.#lastMs = timeMs;
  }

  end(): readonly Finding[] {
    this.#closeDip(null);
    return this.#found;
  }

  #begunAnew({ fromMs, value }: Dip, toMs: number, highest: number): void {
    const evidence = { before: highest, after: value };
    this.#found.push({ rule: "counter_reset", fromMs, toMs, evidence });
  }

  #closeDip(toMs: number | null): void {
    if (this.#dip === null || this.#highest === null) return;
    const { fromMs, value } = this.#dip;
    const evidence = { before: this.#highest, after: value, backBy: this.#highest - value };
    this.#found.push({ rule: "counter_back", fromMs, toMs, evidence });
    this.#dip = null;
  }
}
