import type { TouchedDays } from "../sql/connection.ts";
import { PairTable } from "./pair-table.ts";

/** The "day" that stands for all days of a series: its days were not known when it was marked, or were too many. */
export const WHOLE_SERIES = -1;

/** Pairs that are kept apart; beyond it, a series' days are marked as one. About 60 bytes each at worst, so at most some 240 MB. */
export const DIRTY_PAIRS_MAX = 4_000_000;

/** What the roller works on: pairs as they were when it began. */
export interface DirtyPiece extends TouchedDays {
  /** The mark that each pair last had. */
  readonly marks: Uint32Array;
}

/** What the roller may take: pairs that nobody touched for a while. */
export interface QuietRule {
  /** Pairs whose last mark is older than this, on the clock that was given to the marks (`monotonicMs`). */
  readonly touchedBeforeMs: number;
  /** From this UTC day on, pairs must be older than `presentTouchedBeforeMs`: the day is not over and may go on. */
  readonly presentDay: number;
  readonly presentTouchedBeforeMs: number;
  /** Only days before this one, and series that are marked as a whole; all unless told. */
  readonly beforeDay?: number;
}

/**
 * Which (series, UTC day) pairs have changed since they were rolled up. A query reads them from the readings themselves.
 *
 * It lives in memory; the journal keeps it over restarts: what `takeUnsaved` gives is written in the transaction that lets go of the
 * batches, so a pair is either known here or its batch is inserted again.
 */
export class DirtyDays {
  readonly #pairs = new PairTable();
  readonly #monotonicMs: () => number;
  readonly #pairsMax: number;
  /** Counts the calls that mark; wraps after 2^32 of them. */
  #mark = 0;
  #marks = new Uint32Array(this.#pairs.capacity);
  /** Seconds since `#startMs`, plus 1; 0 for pairs of an earlier process. */
  #touchedS = new Uint32Array(this.#pairs.capacity);
  #isUnsaved = new Uint8Array(this.#pairs.capacity);
  #unsaved: number[] = [];
  readonly #startMs: number;
  #onMark: (touched: TouchedDays) => void = () => {};
  /** Goes round all series, so that none waits for ever. */
  #round: IterableIterator<number> | null = null;

  constructor(monotonicMs: () => number, pairsMax: number = DIRTY_PAIRS_MAX) {
    this.#monotonicMs = monotonicMs;
    this.#pairsMax = pairsMax;
    this.#startMs = monotonicMs();
  }

  /** Pairs that are dirty. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Calls a listener, the only one, with all that is marked from here on. */
  onMark(listener: (touched: TouchedDays) => void): void {
    this.#onMark = listener;
  }

  /** Pairs have been written to. To be called before a reader can know that they were. */
  mark(touched: TouchedDays): void {
    this.#markAll(touched, 1 + Math.floor((this.#monotonicMs() - this.#startMs) / 1_000), 1);
    this.#onMark(touched);
  }

  /** All days of these series, whatever they are: the engine held readings that this journal knows nothing of. */
  markWhole(series: Uint32Array): void {
    this.mark({
      length: series.length,
      series,
      days: new Int32Array(series.length).fill(WHOLE_SERIES),
    });
  }

  /** Pairs that the journal kept; they count as quiet. */
  restore(kept: TouchedDays): void {
    this.#markAll(kept, 0, 0);
  }

  /** Pairs that are dirty and were not yet given out for saving. */
  takeUnsaved(): TouchedDays {
    const slots = this.#unsaved.filter((slot) => {
      if (this.#isUnsaved[slot] !== 1) return false;
      this.#isUnsaved[slot] = 0;
      return true;
    });
    this.#unsaved = [];
    return this.#touchedOf(slots);
  }

  /** These could not be saved after all: `takeUnsaved` gives them again. */
  putBack(notSaved: TouchedDays): void {
    for (let row = 0; row < notSaved.length; row++) {
      const slot = this.#pairs.find(notSaved.series[row] ?? 0, notSaved.days[row] ?? 0);
      if (slot >= 0) this.#setUnsaved(slot);
    }
  }

  /** A series' dirty days from `fromDay` through `throughDay`, ascending; `"whole"` when all must be taken as dirty. */
  daysOf(series: number, fromDay: number, throughDay: number): readonly number[] | "whole" {
    const first = this.#pairs.first(series);
    if (first < 0) return NO_DAYS;
    const days: number[] = [];
    for (let slot = first; slot >= 0; slot = this.#pairs.after(slot)) {
      const day = this.#pairs.dayOf(slot);
      if (day === WHOLE_SERIES) return "whole";
      if (day >= fromDay && day <= throughDay) days.push(day);
    }
    return days.sort((a, b) => a - b);
  }

  /**
   * Quiet pairs for the roller, at most `pairsMax`: the days of one series after another, as they lie on disk. Series that are marked as a
   * whole come by themselves (`days` is `WHOLE_SERIES` for all), since their days must be looked up and named first; while there is no room for
   * these, the others come. Empty when nothing is quiet.
   */
  quietPiece(rule: QuietRule, pairsMax: number): DirtyPiece {
    const slots: number[] = [];
    const whole: number[] = [];
    const hasRoom = this.#pairs.size <= this.#pairsMax / 2;
    for (let seen = 0, seriesCount = this.#pairs.seriesCount; seen < seriesCount && slots.length < pairsMax; seen++) {
      const series = this.#nextSeries();
      if (series === undefined) break;
      for (let slot = this.#pairs.first(series); slot >= 0 && slots.length < pairsMax; slot = this.#pairs.after(slot)) {
        if (!this.#isQuiet(slot, rule)) continue;
        if (this.#pairs.dayOf(slot) !== WHOLE_SERIES) slots.push(slot);
        else if (hasRoom) whole.push(slot);
      }
      if (whole.length >= pairsMax) break;
    }
    const taken = whole.length > 0 ? whole : slots;
    return { ...this.#touchedOf(taken), marks: Uint32Array.from(taken, (slot) => this.#marks[slot] ?? 0) };
  }

  /** Takes out the pairs of a piece that nobody marked since, and returns them: they are as they were rolled up. */
  clear(piece: DirtyPiece): TouchedDays {
    const cleared: number[] = [];
    for (let row = 0; row < piece.length; row++) {
      const slot = this.#pairs.find(piece.series[row] ?? 0, piece.days[row] ?? 0);
      if (slot >= 0 && this.#marks[slot] === piece.marks[row]) cleared.push(slot);
    }
    const touched = this.#touchedOf(cleared);
    for (const slot of cleared) this.#remove(slot);
    return touched;
  }

  #markAll({ length, series, days }: TouchedDays, touchedS: number, unsaved: 0 | 1): void {
    this.#mark = (this.#mark + 1) >>> 0;
    for (let row = 0; row < length; row++) {
      const eachSeries = series[row] ?? 0;
      const day = days[row] ?? 0;
      let slot = this.#pairs.find(eachSeries, day);
      if (slot < 0) {
        if (this.#pairs.size >= this.#pairsMax && day !== WHOLE_SERIES) slot = this.#collapse(eachSeries);
        else slot = this.#add(eachSeries, day);
        if (unsaved === 1) this.#setUnsaved(slot);
      }
      this.#marks[slot] = this.#mark;
      this.#touchedS[slot] = touchedS;
    }
  }

  #add(series: number, day: number): number {
    const slot = this.#pairs.add(series, day);
    if (this.#pairs.capacity > this.#marks.length) this.#grow(this.#pairs.capacity);
    this.#isUnsaved[slot] = 0;
    return slot;
  }

  /** The series as one pair. Its other pairs stay until they are rolled up; no more of them come. */
  #collapse(series: number): number {
    const slot = this.#pairs.find(series, WHOLE_SERIES);
    return slot >= 0 ? slot : this.#add(series, WHOLE_SERIES);
  }

  #remove(slot: number): void {
    this.#isUnsaved[slot] = 0;
    this.#pairs.delete(slot);
  }

  #setUnsaved(slot: number): void {
    if (this.#isUnsaved[slot] === 1) return;
    this.#isUnsaved[slot] = 1;
    this.#unsaved.push(slot);
  }

  #isQuiet(slot: number, rule: QuietRule): boolean {
    if (rule.beforeDay !== undefined && this.#pairs.dayOf(slot) >= rule.beforeDay) return false;
    const touchedS = this.#touchedS[slot] ?? 0;
    if (touchedS === 0) return true;
    const isPresent = this.#pairs.dayOf(slot) >= rule.presentDay;
    // The second that it was touched in must be over.
    const touchedEndMs = this.#startMs + touchedS * 1_000;
    return touchedEndMs <= (isPresent ? rule.presentTouchedBeforeMs : rule.touchedBeforeMs);
  }

  #nextSeries(): number | undefined {
    for (let rounds = 0; rounds < 2; rounds++) {
      this.#round ??= this.#pairs.seriesIds();
      const next = this.#round.next();
      if (next.done !== true) return next.value;
      this.#round = null;
    }
    return undefined;
  }

  #touchedOf(slots: readonly number[]): TouchedDays {
    return {
      length: slots.length,
      series: Uint32Array.from(slots, (slot) => this.#pairs.seriesOf(slot)),
      days: Int32Array.from(slots, (slot) => this.#pairs.dayOf(slot)),
    };
  }

  #grow(capacity: number): void {
    this.#marks = resized(this.#marks, new Uint32Array(capacity));
    this.#touchedS = resized(this.#touchedS, new Uint32Array(capacity));
    this.#isUnsaved = resized(this.#isUnsaved, new Uint8Array(capacity));
  }
}

const NO_DAYS: readonly number[] = [];

function resized<T extends Uint32Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
