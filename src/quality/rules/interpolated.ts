import type { Finding } from "../../domain/quality.ts";
import { type Detector, Scale } from "../detector.ts";
import type { SeriesFacts } from "../series-facts.ts";
import { LINE, NEIGHBOURS_MS_MAX } from "../thresholds.ts";

/**
 * Interpolated: powers that lie on a straight line, which somebody drew over a gap. Found are the readings between the two that the line joins; those
 * two were measured. A line without a slope is `flat_lined`'s.
 */
export function interpolated({ movesByNature, ratedPower }: SeriesFacts): Detector | null {
  return movesByNature ? new StraightLine(ratedPower) : null;
}

interface Point {
  readonly timeMs: number;
  readonly value: number;
}

class StraightLine implements Detector {
  readonly #found: Finding[] = [];
  readonly #scale: Scale;
  /** The line's first point; null when there is none yet. */
  #first: Point | null = null;
  #second: Point | null = null;
  #last: Point | null = null;
  #points = 0;
  /** Change by ms between the last two. */
  #slope = 0;

  constructor(rated: number | null) {
    this.#scale = new Scale(rated);
  }

  take(timeMs: number, value: number): void {
    this.#scale.take(value);
    const point = { timeMs, value };
    const last = this.#last;
    if (last && timeMs - last.timeMs <= NEIGHBOURS_MS_MAX) {
      const stepMs = timeMs - last.timeMs;
      const slope = (value - last.value) / stepMs;
      if (this.#points >= 2 && this.#goesOn(slope, stepMs)) this.#points++;
      else {
        this.#close();
        this.#first = last;
        this.#second = point;
        this.#points = 2;
      }
      this.#slope = slope;
    } else {
      this.#close();
      this.#first = point;
      this.#second = null;
      this.#points = 1;
    }
    this.#last = point;
  }

  end(untilMs: number): readonly Finding[] {
    const last = this.#last;
    const isSilent = last !== null && untilMs - last.timeMs > NEIGHBOURS_MS_MAX;
    this.#close(isSilent ? last.timeMs : null);
    return this.#found;
  }

  #goesOn(slope: number, stepMs: number): boolean {
    const stray = LINE.strayShare * this.#scale.whole;
    const isSloped = Math.abs(slope * stepMs) > stray;
    return isSloped && Math.abs((slope - this.#slope) * stepMs) <= stray;
  }

  #close(toMs: number | null | undefined = this.#last?.timeMs): void {
    const [first, second, last] = [this.#first, this.#second, this.#last];
    if (!first || !second || !last || toMs === undefined) return;
    const between = this.#points - 2;
    if (between < LINE.readingsMin || last.timeMs - first.timeMs < LINE.lastsMsMin) return;
    const evidence = { readings: between, firstValue: first.value, lastValue: last.value };
    this.#found.push({ rule: "interpolated", fromMs: second.timeMs, toMs, evidence });
  }
}
