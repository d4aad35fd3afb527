import type { LatestReading, ReadingColumns } from "../domain/reading.ts";

/** A series' newest reading, as it is kept across restarts. */
export interface LatestRow extends LatestReading {
  readonly series: number;
}

const FIRST_CAPACITY = 1024;

/**
 * The newest reading of every series by the reading's own time; of two at the same time the one appended later.
 * Kept as columns (34 bytes a series beside the map), since a fleet has some hundred thousand series.
 */
export class LatestReadings {
  readonly #slots = new Map<number, number>();
  #series = new Uint32Array(FIRST_CAPACITY);
  #timesMs = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #qualities = new Uint8Array(FIRST_CAPACITY);
  #receivedAtMs = new Float64Array(FIRST_CAPACITY);
  #lastSeqs = new Float64Array(FIRST_CAPACITY);
  #unsaved = new Uint8Array(FIRST_CAPACITY);
  #unsavedSlots: number[] = [];

  get(series: number): LatestReading | undefined {
    const slot = this.#slots.get(series);
    return slot === undefined ? undefined : this.#reading(slot);
  }

  /** Sequence number of the last batch that held a reading of the series, 0 when none has since the start. */
  lastSeq(series: number): number {
    const slot = this.#slots.get(series);
    return slot === undefined ? 0 : (this.#lastSeqs[slot] ?? 0);
  }

  /** Takes a row that was saved before a restart; call it before `apply`. */
  restore(row: LatestRow): void {
    this.#set(this.#slotOf(row.series), row.timeMs, row.value, row.quality, row.receivedAtMs);
  }

  /** Takes a committed batch; batches must come in the order of their sequence numbers. */
  apply(seq: number, batch: ReadingColumns, receivedAtMs: number): void {
    const { length, series, timesMs, values, qualities } = batch;
    for (let row = 0; row < length; row++) {
      // Within `length` every column has a value; the fallbacks are for the type only.
      const slot = this.#slotOf(series[row] ?? 0);
      this.#lastSeqs[slot] = seq;
      const timeMs = timesMs[row] ?? 0;
      if (timeMs < (this.#timesMs[slot] ?? 0)) continue;
      this.#set(slot, timeMs, values[row] ?? 0, qualities[row] ?? 0, receivedAtMs);
      if (this.#unsaved[slot] === 0) {
        this.#unsaved[slot] = 1;
        this.#unsavedSlots.push(slot);
      }
    }
  }

  /** How many series have changed since they were last saved. */
  get unsaved(): number {
    return this.#unsavedSlots.length;
  }

  /** Hands the longest unsaved rows, at most `rowsMax`, to `save`; they count as saved unless it throws. */
  saveUnsaved(rowsMax: number, save: (rows: readonly LatestRow[]) => void): void {
    const slots = this.#unsavedSlots.slice(0, rowsMax);
    save(slots.map((slot) => ({ series: this.#series[slot] ?? 0, ...this.#reading(slot) })));
    for (const slot of slots) this.#unsaved[slot] = 0;
    this.#unsavedSlots = this.#unsavedSlots.slice(slots.length);
  }

  #reading(slot: number): LatestReading {
    return {
      timeMs: this.#timesMs[slot] ?? 0,
      value: this.#values[slot] ?? 0,
      quality: this.#qualities[slot] ?? 0,
      receivedAtMs: this.#receivedAtMs[slot] ?? 0,
    };
  }

  #set(slot: number, timeMs: number, value: number, quality: number, receivedAtMs: number): void {
    this.#timesMs[slot] = timeMs;
    this.#values[slot] = value;
    this.#qualities[slot] = quality;
    this.#receivedAtMs[slot] = receivedAtMs;
  }

  #slotOf(series: number): number {
    const known = this.#slots.get(series);
    if (known !== undefined) return known;
    const slot = this.#slots.size;
    if (slot === this.#series.length) this.#grow();
    this.#slots.set(series, slot);
    this.#series[slot] = series;
    // Older than any reading, so that the first one is always taken.
    this.#timesMs[slot] = Number.NEGATIVE_INFINITY;
    return slot;
  }

  #grow(): void {
    const capacity = this.#series.length * 2;
    this.#series = moved(this.#series, new Uint32Array(capacity));
    this.#timesMs = moved(this.#timesMs, new Float64Array(capacity));
    this.#values = moved(this.#values, new Float64Array(capacity));
    this.#qualities = moved(this.#qualities, new Uint8Array(capacity));
    this.#receivedAtMs = moved(this.#receivedAtMs, new Float64Array(capacity));
    this.#lastSeqs = moved(this.#lastSeqs, new Float64Array(capacity));
    this.#unsaved = moved(this.#unsaved, new Uint8Array(capacity));
  }
}

function moved<T extends Uint8Array | Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
