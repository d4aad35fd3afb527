import type { CheckpointPiece } from "../journal/messages.ts";
import { NO_LATEST } from "../latest.ts";
import type { BatchQueue } from "../projector.ts";
import type { EncodedBatch, TouchedDays } from "../sql/connection.ts";
import { SettlingLine, type SettlingOptions } from "./settling-line.ts";

/** Bytes of batches that the journal keeps for the sake of settling: half of what it may hold (`JOURNAL_BYTES_MAX`). */
export const HELD_BYTES_MAX = 512 * 1024 ** 2;

interface Inserted {
  readonly throughSeq: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * The journal as the projector sees it, for a server that cannot put rows on stable storage: batches leave it only when they have settled, or
 * when those that wait to settle are more than `HELD_BYTES_MAX`.
 */
export class SettlingQueue implements BatchQueue {
  readonly #journal: BatchQueue;
  readonly #settleMs: () => number;
  readonly #line: SettlingLine<Inserted>;
  readonly #bytesMax: number;
  /** Of batches that were read and not yet inserted, by number. */
  readonly #read = new Map<number, { readonly rows: number; readonly bytes: number }>();
  #insertedSeq = 0;
  /** Latest readings and dirty days of batches up to it are in the journal's file. */
  #savedSeq = 0;
  #settledSeq = 0;
  #held = { rows: 0, bytes: 0 };

  constructor(journal: BatchQueue, options: SettlingOptions, bytesMax = HELD_BYTES_MAX) {
    this.#journal = journal;
    this.#settleMs = options.settleMs;
    this.#bytesMax = bytesMax;
    this.#line = new SettlingLine(options, (inserted) => this.#settle(inserted));
  }

  get lastSeq(): number {
    return this.#journal.lastSeq;
  }

  /** Readings that the server has not answered for. */
  get storedReadings(): number {
    return this.#journal.storedReadings - this.#held.rows;
  }

  async read(afterSeq: number, readingsMax: number): Promise<readonly EncodedBatch[]> {
    const batches = await this.#journal.read(afterSeq, readingsMax);
    for (const { seq, rows, encoded } of batches) this.#read.set(seq, { rows, bytes: encoded.byteLength });
    return batches;
  }

  release(seq: number): void {
    this.#journal.release(seq);
    let [rows, bytes] = [0, 0];
    for (const [readSeq, batch] of this.#read) {
      if (readSeq > seq) continue;
      rows += batch.rows;
      bytes += batch.bytes;
      this.#read.delete(readSeq);
    }
    this.#insertedSeq = Math.max(this.#insertedSeq, seq);
    if (this.#settleMs() === 0) {
      this.#settledSeq = this.#insertedSeq;
      return;
    }
    this.#held = { rows: this.#held.rows + rows, bytes: this.#held.bytes + bytes };
    this.#line.add({ throughSeq: this.#insertedSeq, rows, bytes });
    while (this.#held.bytes > this.#bytesMax) {
      const oldest = this.#line.shift();
      if (!oldest) break;
      this.#leave(oldest);
    }
  }

  async checkpoint(piece: CheckpointPiece): Promise<void> {
    const throughSeq = Math.min(piece.throughSeq, this.#settledSeq);
    await this.#journal.checkpoint({ ...piece, throughSeq });
    this.#savedSeq = Math.max(this.#savedSeq, piece.throughSeq);
  }

  /** Batches after `afterSeq` that were inserted and have not settled, in order; none at the end. */
  async held(afterSeq: number, readingsMax: number): Promise<readonly EncodedBatch[]> {
    if (afterSeq >= this.#insertedSeq) return [];
    const batches = await this.#journal.read(Math.max(afterSeq, this.#settledSeq), readingsMax);
    return batches.filter(({ seq }) => seq <= this.#insertedSeq);
  }

  /** What was held has been inserted again, and begins to settle anew. */
  rewritten(): void {
    const again = this.#line.takeAll();
    if (again.length > 0) this.#line.add({ throughSeq: this.#insertedSeq, ...this.#held });
  }

  async close(): Promise<void> {
    await this.#line.close();
  }

  async #settle(inserted: readonly Inserted[]): Promise<void> {
    for (const each of inserted) this.#leave(each);
    // Those that are not saved yet leave with the checkpoint that saves them.
    const throughSeq = Math.min(this.#settledSeq, this.#savedSeq);
    if (throughSeq > 0) await this.#journal.checkpoint({ latest: NO_LATEST, dirtyDays: NO_DAYS, throughSeq });
  }

  #leave({ throughSeq, rows, bytes }: Inserted): void {
    this.#settledSeq = Math.max(this.#settledSeq, throughSeq);
    this.#held = { rows: this.#held.rows - rows, bytes: this.#held.bytes - bytes };
  }
}

const NO_DAYS: TouchedDays = { length: 0, series: new Uint32Array(0), days: new Int32Array(0) };
