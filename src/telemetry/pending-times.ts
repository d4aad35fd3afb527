import type { TimeWindow } from "./store.ts";

interface PendingBatch {
  readonly seq: number;
  /** Epoch ms of its earliest and its latest reading. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * Which times the batches hold that are on their way to the engine: a reader of last week need not wait for what came in just now.
 * Nothing is known of batches from before the start, which may hold any.
 */
export class PendingTimes {
  readonly #unknownThroughSeq: number;
  /** Ascending by `seq`. */
  #pending: PendingBatch[] = [];

  /** @param unknownThroughSeq the last batch from before the start; 0 for none */
  constructor(unknownThroughSeq: number) {
    this.#unknownThroughSeq = unknownThroughSeq;
  }

  /** Takes a committed batch, the next by `seq`, and forgets those up to `doneSeq`. */
  add(seq: number, timesMs: Float64Array, doneSeq: number): void {
    let firstMs = Number.POSITIVE_INFINITY;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < timesMs.length; row++) {
      // Within `length` there is a value; the fallback is for the type only.
      const timeMs = timesMs[row] ?? 0;
      if (timeMs < firstMs) firstMs = timeMs;
      if (timeMs > lastMs) lastMs = timeMs;
    }
    if ((this.#pending[0]?.seq ?? doneSeq + 1) <= doneSeq) {
      const first = this.#pending.findIndex((batch) => batch.seq > doneSeq);
      this.#pending = first === -1 ? [] : this.#pending.slice(first);
    }
    this.#pending.push({ seq, firstMs, lastMs });
  }

  /** The newest batch, of those up to `throughSeq`, that may hold readings of the window; 0 for none. */
  newestWithin({ fromMs, toMs }: TimeWindow, throughSeq: number): number {
    for (let index = this.#pending.length - 1; index >= 0; index--) {
      const { seq, firstMs, lastMs } = this.#pending[index] ?? { seq: 0, firstMs: 0, lastMs: 0 };
      if (seq <= throughSeq && firstMs < toMs && lastMs >= fromMs) return seq;
    }
    return Math.min(throughSeq, this.#unknownThroughSeq);
  }
}
