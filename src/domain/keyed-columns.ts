/** Readings as columns of one length, named by what their sender calls them; what codecs give, before series are known. */
export interface KeyedColumns {
  readonly length: number;
  /** Per reading: the index of its key in the `KeyTable` that the decoder was given. */
  readonly keys: Uint32Array;
  /** Epoch ms, whole numbers within `READING_TIME_MS`. */
  readonly timesMs: Float64Array;
  /** Finite values. */
  readonly values: Float64Array;
}

const FIRST_CAPACITY = 16;
/** Below it, room grows fourfold. */
const SMALL_CAPACITY = 4_096;

/**
 * Grows keyed columns reading by reading, without a copy up to `expected` readings and by doubling past it.
 * A codec's inner loop writes into the columns itself: `if (rows.length === rows.capacity) rows.grow()`, then row `rows.length++`.
 */
export class KeyedColumnsBuilder {
  length = 0;
  capacity: number;
  keys: Uint32Array;
  timesMs: Float64Array;
  values: Float64Array;
  readonly #rowsMax: number;

  constructor(expected: number, rowsMax: number) {
    this.#rowsMax = rowsMax;
    this.capacity = Math.min(Math.max(expected, FIRST_CAPACITY), rowsMax);
    this.keys = new Uint32Array(this.capacity);
    this.timesMs = new Float64Array(this.capacity);
    this.values = new Float64Array(this.capacity);
  }

  /** Makes room for at least one more reading. False when there are `rowsMax` already. */
  grow(): boolean {
    if (this.length >= this.#rowsMax) return false;
    this.capacity = Math.min(this.capacity * (this.capacity < SMALL_CAPACITY ? 4 : 2), this.#rowsMax);
    this.keys = moved(this.keys, new Uint32Array(this.capacity));
    this.timesMs = moved(this.timesMs, new Float64Array(this.capacity));
    this.values = moved(this.values, new Float64Array(this.capacity));
    return true;
  }

  /** False, and nothing is pushed, when there are `rowsMax` already. */
  push(key: number, timeMs: number, value: number): boolean {
    if (this.length === this.capacity && !this.grow()) return false;
    const row = this.length++;
    this.keys[row] = key;
    this.timesMs[row] = timeMs;
    this.values[row] = value;
    return true;
  }

  /** The columns, without a copy. The builder is of no use afterwards. */
  finish(): KeyedColumns {
    const { length } = this;
    return {
      length,
      keys: this.keys.subarray(0, length),
      timesMs: this.timesMs.subarray(0, length),
      values: this.values.subarray(0, length),
    };
  }
}

/** A builder for up to `rowsMax` readings, with room for `expected` from the start. */
export function createKeyedColumnsBuilder(expected: number, rowsMax: number): KeyedColumnsBuilder {
  return new KeyedColumnsBuilder(expected, rowsMax);
}

function moved<T extends Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
