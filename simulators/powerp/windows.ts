import { PARTS_PER_ONE, type RangeMs, SampleCursor, type Sampling } from "./samples.ts";

export const AGGREGATIONS = ["mean", "last", "max", "min", "sum", "count", "first"] as const;
export type Aggregation = (typeof AGGREGATIONS)[number];

/** Windows of that length which a range touches; they begin at whole multiples since the epoch. */
export function windowsTouched({ fromMs, toMs }: RangeMs, windowMs: number): number {
  return toMs <= fromMs ? 0 : Math.floor((toMs - 1) / windowMs) - Math.floor(fromMs / windowMs) + 1;
}

/** Walks over windows that hold samples. The first and last count only their samples within the range. */
export class WindowCursor {
  /** Start of the window, epoch ms; the first may begin before the range does. */
  timeMs = 0;
  readonly #windowMs: number;
  readonly #aggregation: Aggregation;
  readonly #samples: SampleCursor;
  #hasSample: boolean;
  #value = 0;

  constructor(sampling: Sampling, range: RangeMs, windowMs: number, aggregation: Aggregation) {
    this.#windowMs = windowMs;
    this.#aggregation = aggregation;
    this.#samples = new SampleCursor(sampling, range);
    this.#hasSample = this.#samples.next();
  }

  /** Goes to the next window; false when the range is over. */
  next(): boolean {
    if (!this.#hasSample) return false;
    const samples = this.#samples;
    this.timeMs = Math.floor(samples.timeMs / this.#windowMs) * this.#windowMs;
    const endMs = this.timeMs + this.#windowMs;
    const first = samples.thousandths;
    let [count, sum, min, max, last] = [0, 0, first, first, first];
    while (this.#hasSample && samples.timeMs < endMs) {
      last = samples.thousandths;
      count++;
      sum += last;
      if (last < min) min = last;
      if (last > max) max = last;
      this.#hasSample = samples.next();
    }
    const mean = sum / count;
    const parts = { mean, last, max, min, sum, first, count: count * PARTS_PER_ONE };
    this.#value = parts[this.#aggregation] / PARTS_PER_ONE;
    return true;
  }

  /** The value as JSON writes it. */
  text(): string {
    return String(this.#value);
  }
}
