import type { LatestReading, ReadingColumns } from "../domain/reading.ts";
import type { HiddenReadings } from "./sql/hidden.ts";

/** Series' newest readings as columns of one length, as they are kept across restarts. */
export interface LatestColumns {
  readonly length: number;
  readonly series: Uint32Array;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly qualities: Uint8Array;
  readonly receivedAtMs: Float64Array;
  /** Sequence numbers of the batches that they came with. */
  readonly seqs: Float64Array;
}

export const NO_LATEST: LatestColumns = {
  length: 0,
  series: new Uint32Array(0),
  timesMs: new Float64Array(0),
  values: new Float64Array(0),
  qualities: new Uint8Array(0),
  receivedAtMs: new Float64Array(0),
  seqs: new Float64Array(0),
};

/** The time of a series' newest reading that has none: older than any. */
export const NO_READING_MS = Number.NEGATIVE_INFINITY;

/** Whether a reading is deleted that came with a batch of this number. */
export type IsDeleted = (series: number, timeMs: number, seq: number) => boolean;

const FIRST_CAPACITY = 1024;
/** Series up to this number are found by their number, 4 bytes each; larger ones in a map. Numbers are given one after another. */
const NUMBERED_MAX = 2 ** 22;

/**
 * The newest reading of every series by the reading's own time; of two at the same time the one appended later.
 * Kept as columns (46 bytes a series), since a fleet has some hundred thousand series.
 */
export class LatestReadings {
  /** By series number: its slot plus one, 0 for a series that is not known. */
  #slotsPlusOne = new Uint32Array(FIRST_CAPACITY);
  readonly #farSlots = new Map<number, number>();
  #known = 0;
  #series = new Uint32Array(FIRST_CAPACITY);
  #timesMs = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #qualities = new Uint8Array(FIRST_CAPACITY);
  #receivedAtMs = new Float64Array(FIRST_CAPACITY);
  #seqs = new Float64Array(FIRST_CAPACITY);
  #lastSeqs = new Float64Array(FIRST_CAPACITY);
  #unsaved = new Uint8Array(FIRST_CAPACITY);
  #unsavedSlots: number[] = [];

  get(series: number): LatestReading | undefined {
    const slot = this.#find(series);
    return slot === undefined || this.#timesMs[slot] === NO_READING_MS ? undefined : this.#reading(slot);
  }

  /** Sequence number of the last batch that held a reading of the series, 0 when none has since the start. */
  lastSeq(series: number): number {
    const slot = this.#find(series);
    return slot === undefined ? 0 : (this.#lastSeqs[slot] ?? 0);
  }

  /** Takes what was saved before a restart; call it before `apply`. */
  restore({ length, series, timesMs, values, qualities, receivedAtMs, seqs }: LatestColumns): void {
    for (let row = 0; row < length; row++) {
      // Within `length` every column has a value; the fallbacks here and below are for the type only.
      const slot = this.#slotOf(series[row] ?? 0);
      const seq = seqs[row] ?? 0;
      this.#set(slot, timesMs[row] ?? 0, values[row] ?? 0, qualities[row] ?? 0, receivedAtMs[row] ?? 0, seq);
    }
  }

  /**
   * Takes a committed batch; batches must come in the order of their sequence numbers. Written out, without a call that takes a double:
   * millions of rows a second pass here, and each such call would leave a boxed number behind.
   */
  apply(seq: number, batch: ReadingColumns, receivedAtMs: number, isDeleted: IsDeleted | null = null): void {
    const { length, series, timesMs, values, qualities } = batch;
    for (let row = 0; row < length; row++) {
      const slot = this.#slotOf(series[row] ?? 0);
      this.#lastSeqs[slot] = seq;
      const timeMs = timesMs[row] ?? 0;
      if (timeMs < (this.#timesMs[slot] ?? 0)) continue;
      if (isDeleted?.(series[row] ?? 0, timeMs, seq)) continue;
      this.#timesMs[slot] = timeMs;
      this.#values[slot] = values[row] ?? 0;
      this.#qualities[slot] = qualities[row] ?? 0;
      this.#receivedAtMs[slot] = receivedAtMs;
      this.#seqs[slot] = seq;
      if (this.#unsaved[slot] === 0) this.#markUnsaved(slot);
    }
  }

  /** Forgets the newest readings that a deletion removes, and answers whose they were: what is the newest now must be looked up. */
  drop({ series, fromMs, toMs, seq }: HiddenReadings): number[] {
    return Array.from(series).filter((each) => {
      const slot = this.#find(each);
      if (slot === undefined || (this.#seqs[slot] ?? 0) > seq) return false;
      const timeMs = this.#timesMs[slot] ?? 0;
      if (timeMs < fromMs || timeMs >= toMs) return false;
      this.#set(slot, NO_READING_MS, 0, 0, 0, 0);
      this.#markUnsaved(slot);
      return true;
    });
  }

  /** Takes what was looked up, where nothing as new has come since. */
  offer(
    { length, series, timesMs, values, qualities, receivedAtMs, seqs }: LatestColumns,
    isDeleted: IsDeleted | null,
  ): void {
    for (let row = 0; row < length; row++) {
      const each = series[row] ?? 0;
      const timeMs = timesMs[row] ?? 0;
      const slot = this.#slotOf(each);
      const seq = seqs[row] ?? 0;
      if (timeMs <= (this.#timesMs[slot] ?? 0) || isDeleted?.(each, timeMs, seq)) continue;
      this.#set(slot, timeMs, values[row] ?? 0, qualities[row] ?? 0, receivedAtMs[row] ?? 0, seq);
      this.#markUnsaved(slot);
    }
  }

  /** The rows of some series as they are now, to be saved beside those that `takeUnsaved` gives. */
  rowsOf(series: readonly number[]): LatestColumns {
    return this.#columns(series.flatMap((each) => this.#find(each) ?? []));
  }

  /** How many series have changed since they were last saved. */
  get unsaved(): number {
    return this.#unsavedSlots.length;
  }

  /** The longest unsaved rows, at most `rowsMax`, as they are now; they count as saved unless they are put back. */
  takeUnsaved(rowsMax: number): LatestColumns {
    const slots = this.#unsavedSlots.slice(0, rowsMax);
    this.#unsavedSlots = this.#unsavedSlots.slice(slots.length);
    for (const slot of slots) this.#unsaved[slot] = 0;
    return this.#columns(slots);
  }

  #columns(slots: readonly number[]): LatestColumns {
    const column = <T>(from: ArrayLike<T>, zero: T): T[] => slots.map((slot) => from[slot] ?? zero);
    return {
      length: slots.length,
      series: Uint32Array.from(column(this.#series, 0)),
      timesMs: Float64Array.from(column(this.#timesMs, 0)),
      values: Float64Array.from(column(this.#values, 0)),
      qualities: Uint8Array.from(column(this.#qualities, 0)),
      receivedAtMs: Float64Array.from(column(this.#receivedAtMs, 0)),
      seqs: Float64Array.from(column(this.#seqs, 0)),
    };
  }

  /** These could not be saved after all: `takeUnsaved` gives them again, as they are by then. */
  putBack({ series, length }: LatestColumns): void {
    for (let row = 0; row < length; row++) this.#markUnsaved(this.#slotOf(series[row] ?? 0));
  }

  #reading(slot: number): LatestReading {
    return {
      timeMs: this.#timesMs[slot] ?? 0,
      value: this.#values[slot] ?? 0,
      quality: this.#qualities[slot] ?? 0,
      receivedAtMs: this.#receivedAtMs[slot] ?? 0,
    };
  }

  #set(slot: number, timeMs: number, value: number, quality: number, receivedAtMs: number, seq: number): void {
    this.#timesMs[slot] = timeMs;
    this.#values[slot] = value;
    this.#qualities[slot] = quality;
    this.#receivedAtMs[slot] = receivedAtMs;
    this.#seqs[slot] = seq;
  }

  #markUnsaved(slot: number): void {
    if (this.#unsaved[slot] !== 0) return;
    this.#unsaved[slot] = 1;
    this.#unsavedSlots.push(slot);
  }

  #find(series: number): number | undefined {
    if (series > NUMBERED_MAX) return this.#farSlots.get(series);
    const plusOne = this.#slotsPlusOne[series] ?? 0;
    return plusOne === 0 ? undefined : plusOne - 1;
  }

  #slotOf(series: number): number {
    if (series < this.#slotsPlusOne.length) {
      const plusOne = this.#slotsPlusOne[series] ?? 0;
      if (plusOne !== 0) return plusOne - 1;
    }
    return this.#find(series) ?? this.#newSlot(series);
  }

  #newSlot(series: number): number {
    const slot = this.#known++;
    if (slot === this.#series.length) this.#grow();
    if (series > NUMBERED_MAX) this.#farSlots.set(series, slot);
    else {
      if (series >= this.#slotsPlusOne.length) {
        const capacity = Math.max(2 * this.#slotsPlusOne.length, series + 1);
        this.#slotsPlusOne = moved(this.#slotsPlusOne, new Uint32Array(Math.min(capacity, NUMBERED_MAX + 1)));
      }
      this.#slotsPlusOne[series] = slot + 1;
    }
    this.#series[slot] = series;
    // The first reading is always taken.
    this.#timesMs[slot] = NO_READING_MS;
    return slot;
  }

  #grow(): void {
    const capacity = this.#series.length * 2;
    this.#series = moved(this.#series, new Uint32Array(capacity));
    this.#timesMs = moved(this.#timesMs, new Float64Array(capacity));
    this.#values = moved(this.#values, new Float64Array(capacity));
    this.#qualities = moved(this.#qualities, new Uint8Array(capacity));
    this.#receivedAtMs = moved(this.#receivedAtMs, new Float64Array(capacity));
    this.#seqs = moved(this.#seqs, new Float64Array(capacity));
    this.#lastSeqs = moved(this.#lastSeqs, new Float64Array(capacity));
    this.#unsaved = moved(this.#unsaved, new Uint8Array(capacity));
  }
}

function moved<T extends Uint8Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
