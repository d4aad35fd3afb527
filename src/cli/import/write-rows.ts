import type { Progress } from "../progress.ts";
import { counted } from "../terminal.ts";
import type { RowTally } from "./check.ts";
import type { ImportState } from "./import-state.ts";
import { type FinishedBatch, LineBatch } from "./line-batch.ts";
import type { FileSeries } from "./row-interpreter.ts";
import type { BrokenRow, Row } from "./rows.ts";

export interface WriteOptions {
  readonly rows: AsyncIterable<{ readonly rows: readonly (Row | BrokenRow)[]; readonly bytesRead: number }>;
  readonly tally: RowTally;
  readonly series: readonly FileSeries[];
  /** Resolves once the lines are on stable storage. */
  readonly send: (lines: Uint8Array) => Promise<void>;
  /** Null where nothing can be gone on with. */
  readonly state: ImportState | null;
  /** Rows from the start that an earlier run has stored. */
  readonly rowsBefore: number;
  /** Whether the first bad row ends it; what comes before it in the stream may be written by then. */
  readonly stopsAtBadRow: boolean;
  readonly progress: Progress;
  /** How far of all, and how long the rest takes, when so many bytes were read and rows stored. */
  readonly advance: (stored: Stored, bytesRead: number) => void;
  readonly signal: AbortSignal;
}

/** What is on the server. */
export interface Stored {
  /** From the file's start. */
  rows: number;
  /** By this run. */
  readings: number;
}

/** A file that could not be read on; what came before it was written. */
export class BadRowMet extends Error {}

/** The state is kept this often at most. */
const KEEP_EVERY_ROWS = 50_000;

/**
 * Sends a file's rows, one batch under way while the next is made, so that rows are stored in their order and an interruption leaves a
 * beginning. Counts in `stored` what is acked, also when it throws.
 * @throws BadRowMet, and what `send` throws
 */
export async function writeRows(options: WriteOptions, stored: Stored): Promise<void> {
  const { rows, tally, series, rowsBefore, stopsAtBadRow, advance, signal } = options;
  const batch = new LineBatch(series);
  const sending = new OneAtATime(options, stored);
  let row = 0;
  try {
    for await (const { rows: piece, bytesRead } of rows) {
      for (const one of piece) {
        row++;
        const readings = tally.take(one);
        if (readings === null && stopsAtBadRow) throw new BadRowMet();
        if (readings === null || row <= rowsBefore) continue;
        batch.add(readings);
        if (!batch.isFull) continue;
        await sending.next(batch.finish(row));
        advance(stored, bytesRead);
        signal.throwIfAborted();
      }
      signal.throwIfAborted();
      advance(stored, bytesRead);
    }
    await sending.next(batch.finish(row));
  } finally {
    await sending.end();
  }
}

/** Sends one batch while the caller makes the next. */
class OneAtATime {
  readonly #options: WriteOptions;
  readonly #stored: Stored;
  #underWay: Promise<void> = Promise.resolve();
  #rowsKept: number;
  #isToldThatStateIsLost = false;

  constructor(options: WriteOptions, stored: Stored) {
    this.#options = options;
    this.#stored = stored;
    this.#rowsKept = options.rowsBefore;
  }

  /** Waits for the batch before, and sends this one. @throws what sending the batch before threw */
  async next(batch: FinishedBatch): Promise<void> {
    await this.#underWay;
    this.#underWay = this.#send(batch);
    // What it throws is met at the next call, or at the end.
    this.#underWay.catch(() => {});
  }

  /** Waits for the last batch, and keeps how far it got. @throws what sending it threw */
  async end(): Promise<void> {
    try {
      await this.#underWay;
    } finally {
      await this.#keep();
    }
  }

  async #send({ bytes, readings, rowsUpTo }: FinishedBatch): Promise<void> {
    if (readings > 0) await this.#options.send(bytes);
    this.#stored.rows = Math.max(this.#stored.rows, rowsUpTo);
    this.#stored.readings += readings;
    if (rowsUpTo - this.#rowsKept >= KEEP_EVERY_ROWS) await this.#keep();
  }

  async #keep(): Promise<void> {
    const { state, progress } = this.#options;
    if (state === null || this.#stored.rows === this.#rowsKept) return;
    this.#rowsKept = this.#stored.rows;
    if ((await state.keep(this.#stored.rows)) || this.#isToldThatStateIsLost) return;
    this.#isToldThatStateIsLost = true;
    progress.note(
      `How far it got cannot be kept: after a break, all ${counted(this.#stored.rows, "row")} would be sent again.`,
    );
  }
}
