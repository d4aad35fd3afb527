import type { PointColumns } from "./points.ts";

const FIRST_CAPACITY = 64;

export interface BuiltPoints {
  readonly points: PointColumns;
  /** Per point: its place in the order of `push`. */
  readonly order: Uint32Array;
}

/** Gathers the points of one answer as numbers, in whatever order they come. */
export class PointBuilder {
  #length = 0;
  #positions = new Uint32Array(FIRST_CAPACITY);
  #timesMs = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);

  push(position: number, timeMs: number, value: number): void {
    const at = this.#length;
    if (at === this.#positions.length) this.#grow();
    this.#positions[at] = position;
    this.#timesMs[at] = timeMs;
    this.#values[at] = value;
    this.#length++;
  }

  /** The points by signal and time; of those with the same signal and time, the last. @param signals above every position */
  finish(signals: number): BuiltPoints {
    const order = this.#ordered(signals);
    const positions = new Uint32Array(order.length);
    const timesMs = new Float64Array(order.length);
    const values = new Float64Array(order.length);
    let length = 0;
    for (const from of order) {
      const position = this.#positions[from] ?? 0;
      const timeMs = this.#timesMs[from] ?? 0;
      const same = length > 0 && positions[length - 1] === position && timesMs[length - 1] === timeMs;
      const into = same ? length - 1 : length++;
      positions[into] = position;
      timesMs[into] = timeMs;
      values[into] = this.#values[from] ?? 0;
      order[into] = from;
    }
    const points = {
      length,
      positions: positions.subarray(0, length),
      timesMs: timesMs.subarray(0, length),
      values: values.subarray(0, length),
    };
    return { points, order: order.subarray(0, length) };
  }

  /** Counted into signals in one pass; only a signal whose points do not come in order of time is sorted. */
  #ordered(signals: number): Uint32Array {
    const ends = new Uint32Array(signals + 1);
    for (let from = 0; from < this.#length; from++) {
      const next = (this.#positions[from] ?? 0) + 1;
      ends[next] = (ends[next] ?? 0) + 1;
    }
    for (let signal = 1; signal <= signals; signal++) ends[signal] = (ends[signal] ?? 0) + (ends[signal - 1] ?? 0);
    const starts = ends.slice();
    const order = new Uint32Array(this.#length);
    for (let from = 0; from < this.#length; from++) {
      const position = this.#positions[from] ?? 0;
      const into = starts[position] ?? 0;
      starts[position] = into + 1;
      order[into] = from;
    }
    const timeMs = (from: number | undefined): number => this.#timesMs[from ?? 0] ?? 0;
    for (let signal = 0; signal < signals; signal++) {
      const own = order.subarray(ends[signal], ends[signal + 1]);
      const ascends = own.every((from, at) => at === 0 || timeMs(own[at - 1]) <= timeMs(from));
      if (!ascends) own.sort((a, b) => timeMs(a) - timeMs(b) || a - b);
    }
    return order;
  }

  #grow(): void {
    const capacity = this.#positions.length * 2;
    const positions = new Uint32Array(capacity);
    const timesMs = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    positions.set(this.#positions);
    timesMs.set(this.#timesMs);
    values.set(this.#values);
    this.#positions = positions;
    this.#timesMs = timesMs;
    this.#values = values;
  }
}
