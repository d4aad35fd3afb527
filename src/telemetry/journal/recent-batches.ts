import type { EncodedBatch } from "../sql/connection.ts";

interface Kept {
  /** Sequence number of the batch that was committed before it. */
  readonly previousSeq: number;
  readonly batch: EncodedBatch;
}

/**
 * Committed batches that the engine will want next, within a bound of bytes. It is the oldest that are kept, since they are asked for first;
 * what finds no room is read from the file.
 */
export class RecentBatches {
  readonly #bytesMax: number;
  #kept: Kept[] = [];
  #bytes = 0;
  #lastSeq: number;

  constructor(bytesMax: number, lastSeq: number) {
    this.#bytesMax = bytesMax;
    this.#lastSeq = lastSeq;
  }

  /** Bytes of the batches that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next batch that was committed. */
  add(batch: EncodedBatch): void {
    const previousSeq = this.#lastSeq;
    this.#lastSeq = batch.seq;
    if (this.#bytes + batch.encoded.byteLength > this.#bytesMax) return;
    this.#kept.push({ previousSeq, batch });
    this.#bytes += batch.encoded.byteLength;
  }

  /** The batches that follow `afterSeq` without a gap: as many as fit into `readingsMax`, and at least one unless the next one is not kept. */
  read(afterSeq: number, readingsMax: number, throughSeq: number): EncodedBatch[] {
    const batches: EncodedBatch[] = [];
    let readings = 0;
    let reachedSeq = afterSeq;
    for (const { previousSeq, batch } of this.#kept) {
      if (batch.seq <= afterSeq) continue;
      if (previousSeq > reachedSeq || batch.seq > throughSeq) break;
      readings += batch.rows;
      if (batches.length > 0 && readings > readingsMax) break;
      batches.push(batch);
      reachedSeq = batch.seq;
    }
    return batches;
  }

  /** Forgets what nobody asks for any more. */
  dropThrough(seq: number): void {
    const first = this.#kept.findIndex(({ batch }) => batch.seq > seq);
    const gone = this.#kept.splice(0, first === -1 ? this.#kept.length : first);
    for (const { batch } of gone) this.#bytes -= batch.encoded.byteLength;
  }
}
