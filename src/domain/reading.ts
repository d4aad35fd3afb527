/** How far a value can be trusted, as stored (one byte) and as said in the API. */
export const QUALITY = {
  /** Measured and delivered as it should be. */
  good: 0,
  /** Delivered, but the device was said to be offline or the value to be stale when it came. */
  uncertain: 1,
  /** Known to be wrong; kept because what arrived is never thrown away. */
  bad: 2,
} as const;

export type QualityName = keyof typeof QUALITY;
export type QualityCode = (typeof QUALITY)[QualityName];

const NAME_BY_CODE: readonly QualityName[] = ["good", "uncertain", "bad"];

/** The API's word for a stored quality; a code of a newer version reads as `bad`. */
export function qualityName(code: number): QualityName {
  return NAME_BY_CODE[code] ?? "bad";
}

/** Range of a reading's time that is taken: 1970-01-01 to 9999-12-31T23:59:59.999Z, epoch ms. */
export const READING_TIME_MS = { min: 0, max: 253_402_300_799_999 } as const;

/** The newest value of a series by the reading's own time. */
export interface LatestReading {
  readonly timeMs: number;
  readonly value: number;
  readonly quality: number;
  /** When Kilowatch stored it, epoch ms. */
  readonly receivedAtMs: number;
}

/** Readings as columns of one length; the form in which they travel from the pipeline to the engine. */
export interface ReadingColumns {
  readonly length: number;
  /** Series numbers. */
  readonly series: Uint32Array;
  /** Epoch ms, whole numbers within `READING_TIME_MS`. */
  readonly timesMs: Float64Array;
  /** Finite values in the metric's unit. */
  readonly values: Float64Array;
  /** `QUALITY` codes. */
  readonly qualities: Uint8Array;
}

const FIRST_CAPACITY = 64;

/** Grows columns reading by reading; `finish` hands them out without a copy. */
export class ReadingColumnsBuilder {
  #length = 0;
  #series = new Uint32Array(FIRST_CAPACITY);
  #timesMs = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #qualities = new Uint8Array(FIRST_CAPACITY);

  get length(): number {
    return this.#length;
  }

  push(series: number, timeMs: number, value: number, quality: number): void {
    if (this.#length === this.#series.length) this.#grow();
    this.#series[this.#length] = series;
    this.#timesMs[this.#length] = timeMs;
    this.#values[this.#length] = value;
    this.#qualities[this.#length] = quality;
    this.#length++;
  }

  finish(): ReadingColumns {
    const length = this.#length;
    return {
      length,
      series: this.#series.subarray(0, length),
      timesMs: this.#timesMs.subarray(0, length),
      values: this.#values.subarray(0, length),
      qualities: this.#qualities.subarray(0, length),
    };
  }

  #grow(): void {
    const capacity = this.#series.length * 2;
    this.#series = grown(this.#series, new Uint32Array(capacity));
    this.#timesMs = grown(this.#timesMs, new Float64Array(capacity));
    this.#values = grown(this.#values, new Float64Array(capacity));
    this.#qualities = grown(this.#qualities, new Uint8Array(capacity));
  }
}

function grown<T extends Uint8Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
