import type { Finding } from "../../domain/quality.ts";
import type { Detector } from "../detector.ts";
import type { SeriesFacts } from "../series-facts.ts";
import { UNIT_FACTOR } from "../thresholds.ts";

const DAY_MS = 86_400_000;

/**
 * A unit that looks 1,000 × off: watts that stand under kilowatts, or kilowatts under watts. Against the rated power where it is known, else against the
 * days before. A UTC day is long enough to have a bright and a dark part.
 */
export function unitFactor({ isMeasuredPower, isSolarPower, ratedPower }: SeriesFacts): Detector | null {
  return isMeasuredPower ? new Factor(ratedPower, isSolarPower) : null;
}

class Factor implements Detector {
  readonly #found: Finding[] = [];
  readonly #rated: number | null;
  readonly #isSolar: boolean;
  #day = Number.NaN;
  #values: number[] = [];
  #firstMs = 0;
  #lastMs = 0;
  /** The greatest values of the days before that were no fault. */
  #highs: number[] = [];
  /** Far over the rated power: from when until when, and up to how much. */
  #over: { readonly fromMs: number; lastMs: number; greatest: number } | null = null;

  constructor(rated: number | null, isSolar: boolean) {
    this.#rated = rated;
    this.#isSolar = isSolar;
  }

  take(timeMs: number, value: number): void {
    const day = Math.floor(timeMs / DAY_MS);
    if (day !== this.#day) {
      this.#closeDay();
      this.#day = day;
      this.#values = [];
      this.#firstMs = timeMs;
    }
    this.#values.push(Math.abs(value));
    this.#lastMs = timeMs;
    this.#watchOver(timeMs, Math.abs(value));
  }

  end(untilMs: number): readonly Finding[] {
    this.#closeDay();
    const isOver = this.#over !== null && untilMs - this.#over.lastMs <= DAY_MS;
    this.#closeOver(isOver ? null : (this.#over?.lastMs ?? 0) + 1);
    return this.#found.sort((a, b) => a.fromMs - b.fromMs);
  }

  #watchOver(timeMs: number, magnitude: number): void {
    if (this.#rated === null) return;
    // A night is no end of it: what is small then is small in any unit.
    if (this.#over !== null && timeMs - this.#over.lastMs > DAY_MS) this.#closeOver(this.#over.lastMs + 1);
    if (magnitude <= UNIT_FACTOR.overRated * this.#rated) return;
    this.#over ??= { fromMs: timeMs, lastMs: timeMs, greatest: magnitude };
    this.#over.lastMs = timeMs;
    this.#over.greatest = Math.max(this.#over.greatest, magnitude);
  }

  #closeOver(toMs: number | null): void {
    if (this.#over === null || this.#rated === null) return;
    const { fromMs, greatest } = this.#over;
    this.#add(fromMs, toMs, { looks: "too_large", greatest, ratedPower: this.#rated });
    this.#over = null;
  }

  #closeDay(): void {
    if (this.#values.length < UNIT_FACTOR.readingsMin) return;
    const greatest = this.#values.reduce((a, b) => Math.max(a, b));
    if (greatest === 0) return;
    const toMs = this.#lastMs + (this.#lastMs - this.#firstMs) / (this.#values.length - 1);
    if (this.#rated !== null) this.#judgeByRated(greatest, toMs, this.#rated);
    else this.#judgeByHistory(greatest, toMs);
  }

  #judgeByRated(greatest: number, toMs: number, rated: number): void {
    const { min, max } = UNIT_FACTOR.dayShare;
    const share = (1_000 * greatest) / rated;
    if (!this.#isSolar || share < min || share > max || !this.#looksLikeADay(greatest)) return;
    this.#add(this.#firstMs, toMs, { looks: "too_small", greatest, ratedPower: rated });
  }

  #judgeByHistory(greatest: number, toMs: number): void {
    // A day that was a line, or night, is no measure.
    if (!this.#looksLikeADay(greatest)) return;
    const usual = this.#highs.toSorted((a, b) => a - b)[this.#highs.length >> 1] ?? 0;
    const { min, max } = UNIT_FACTOR.ratio;
    const isWithin = (ratio: number): boolean => ratio >= min && ratio <= max;
    if (this.#highs.length >= UNIT_FACTOR.daysMin) {
      const looks = isWithin(greatest / usual) ? "too_large" : isWithin(usual / greatest) ? "too_small" : null;
      if (looks !== null) {
        this.#add(this.#firstMs, toMs, { looks, greatest, usuallyUpTo: usual });
        return;
      }
    }
    this.#highs = [...this.#highs, greatest].slice(-UNIT_FACTOR.daysMin);
  }

  /** Noise of an inverter that rests is always there; a day has a part without anything. */
  #looksLikeADay(greatest: number): boolean {
    const share = (isSo: (value: number) => boolean): number => this.#values.filter(isSo).length / this.#values.length;
    return (
      share((value) => value >= UNIT_FACTOR.brightShare * greatest) >= UNIT_FACTOR.brightReadingsMin &&
      share((value) => value <= UNIT_FACTOR.darkShare * greatest) >= UNIT_FACTOR.darkReadingsMin
    );
  }

  #add(fromMs: number, toMs: number | null, evidence: Finding["evidence"]): void {
    this.#found.push({ rule: "unit_factor", fromMs, toMs, evidence });
  }
}
