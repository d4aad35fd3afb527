import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import type { CheckpointPiece } from "./journal/messages.ts";
import type { LatestReadings } from "./latest.ts";
import type { TouchedDays } from "./sql/connection.ts";

/** While inserts follow one another, the journal is shortened this often, ms: each time, every series' latest reading is written. */
export const CHECKPOINT_EVERY_MS = 1_000;
/** Rows of latest readings or dirty days in one transaction, so that those who append beside it do not wait for long. */
const PIECE_ROWS_MAX = 5_000;

export interface CheckpointTarget {
  checkpoint(piece: CheckpointPiece): Promise<void>;
}

/** The days that readings were written to; `rollups/dirty-days.ts` keeps them. */
export interface DayMarks {
  mark(touched: TouchedDays): void;
  takeUnsaved(): TouchedDays;
  putBack(notSaved: TouchedDays): void;
}

export interface CheckpointsOptions {
  readonly journal: CheckpointTarget;
  readonly latest: LatestReadings;
  readonly dirtyDays: DayMarks;
  readonly clock: Clock;
  readonly log: Log;
}

/** Takes from the journal what the engine has, once what it left in memory (latest readings, dirty days) is in the journal's file. */
export class Checkpoints {
  readonly #journal: CheckpointTarget;
  readonly #latest: LatestReadings;
  readonly #dirtyDays: DayMarks;
  readonly #clock: Clock;
  readonly #log: Log;
  #wantedSeq = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | null = null;

  constructor(options: CheckpointsOptions) {
    this.#journal = options.journal;
    this.#latest = options.latest;
    this.#dirtyDays = options.dirtyDays;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** The engine has everything up to `seq`; `isAll` says that nothing is on its way to it, so that no later call can be counted on. */
  reached(seq: number, isAll: boolean): void {
    this.#wantedSeq = seq;
    if (this.#running || (!isAll && this.#clock.monotonicMs() < this.#lastMs + CHECKPOINT_EVERY_MS)) return;
    this.#running = this.#run();
  }

  /** Resolves when no checkpoint is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let doneSeq = 0; doneSeq < this.#wantedSeq; ) {
      const seq = this.#wantedSeq;
      this.#lastMs = this.#clock.monotonicMs();
      try {
        await this.#checkpoint(seq);
      } catch (error) {
        // Harmless: the next checkpoint takes these batches too, and after a restart they are inserted once more.
        this.#log.warn({ err: error }, "The journal could not be shortened; it will be tried again.");
        break;
      }
      doneSeq = seq;
    }
    this.#running = null;
  }

  async #checkpoint(throughSeq: number): Promise<void> {
    // Rows that change meanwhile queue up behind those that the batches about to go have changed.
    let left = this.#latest.unsaved;
    for (; left > PIECE_ROWS_MAX; left -= PIECE_ROWS_MAX) await this.#save(PIECE_ROWS_MAX, NO_DAYS, 0);
    const days = this.#dirtyDays.takeUnsaved();
    let saved = 0;
    try {
      for (; days.length - saved > PIECE_ROWS_MAX; saved += PIECE_ROWS_MAX) {
        await this.#save(0, part(days, saved, saved + PIECE_ROWS_MAX), 0);
      }
      await this.#save(left, part(days, saved, days.length), throughSeq);
    } catch (error) {
      this.#dirtyDays.putBack(part(days, saved, days.length));
      throw error;
    }
  }

  async #save(latestRows: number, dirtyDays: TouchedDays, throughSeq: number): Promise<void> {
    const latest = this.#latest.takeUnsaved(latestRows);
    try {
      await this.#journal.checkpoint({ latest, dirtyDays, throughSeq });
    } catch (error) {
      this.#latest.putBack(latest);
      throw error;
    }
  }
}

const NO_DAYS: TouchedDays = { length: 0, series: new Uint32Array(0), days: new Int32Array(0) };

function part({ series, days }: TouchedDays, from: number, to: number): TouchedDays {
  return { length: to - from, series: series.slice(from, to), days: days.slice(from, to) };
}
