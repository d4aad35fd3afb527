import type { ReadingColumns } from "../domain/reading.ts";

/**
 * Memory in which rows are arranged, 46 bytes each. Whoever arranges again and again keeps it: a million fresh rows are 11,000 pages that the system must
 * first find and clear, which takes as long as ordering the rows.
 */
export class ArrangeSpace {
  #capacity = 0;
  #series = new Uint32Array(0);
  #timesMs = new Float64Array(0);
  #values = new Float64Array(0);
  #qualities = new Uint8Array(0);
  #times = new Int32Array(0);
  #mantissas = new Int32Array(0);
  #scales = new Uint8Array(0);
  #numbers = new Float64Array(0);

  /** Makes room for so many rows; what was handed out before must not be used any more. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = rows;
    this.#series = new Uint32Array(rows);
    this.#timesMs = new Float64Array(rows);
    this.#values = new Float64Array(rows);
    this.#qualities = new Uint8Array(rows);
    this.#times = new Int32Array(2 * rows);
    this.#mantissas = new Int32Array(2 * rows);
    this.#scales = new Uint8Array(rows);
    this.#numbers = new Float64Array(rows);
  }

  /** Columns to be filled; they hold anything. */
  columns(length: number): ReadingColumns {
    return {
      length,
      series: this.#series.subarray(0, length),
      timesMs: this.#timesMs.subarray(0, length),
      values: this.#values.subarray(0, length),
      qualities: this.#qualities.subarray(0, length),
    };
  }

  /** Two words a row, as are `mantissas`; all of these hold anything. */
  get times(): Int32Array {
    return this.#times;
  }

  get mantissas(): Int32Array {
    return this.#mantissas;
  }

  get scales(): Uint8Array {
    return this.#scales;
  }

  get numbers(): Float64Array {
    return this.#numbers;
  }
}
