import { isEqual } from "../../domain/key-table.ts";

/** What varies in a reading of JSON. */
export const PART = { metricId: 0, deviceId: 1, name: 2, timeNumber: 3, timeText: 4, value: 5 } as const;
export type Part = (typeof PART)[keyof typeof PART];

/** Parts of one reading: a device, a name, a time and a value. */
const PARTS_MAX = 4;
/** Bytes between the parts that are remembered; readings with more blanks are read the long way. */
const FIXED_BYTES_MAX = 512;

/**
 * What the last reading looked like: in which order its parts came and what stood between them, byte for byte. Senders write every
 * reading alike, so the next one is compared with it before it is parsed.
 */
export class ElementShape {
  /** Parts of a finished shape; 0 while there is none. */
  partCount = 0;
  #noted = 0;
  /** A bit for each part that was noted. */
  #seen = 0;
  readonly #parts = new Int32Array(PARTS_MAX);
  /** Piece p, of partCount + 1, has the bytes from ends[p - 1] to ends[p]. */
  readonly #ends = new Int32Array(PARTS_MAX + 1);
  readonly #bytes = new Uint8Array(FIXED_BYTES_MAX);
  readonly #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #pieceStart = 0;
  #isTooLong = false;

  /** Begins to note an element that starts at `at`. */
  begin(at: number): void {
    this.partCount = 0;
    this.#noted = 0;
    this.#seen = 0;
    this.#length = 0;
    this.#pieceStart = at;
    this.#isTooLong = false;
  }

  note(bytes: Uint8Array, part: Part, from: number, to: number): void {
    this.#notePiece(bytes, from);
    this.#parts[this.#noted++] = part;
    this.#seen |= 1 << part;
    this.#pieceStart = to;
  }

  /** The element ended; only a finished shape may be followed. */
  finish(bytes: Uint8Array, end: number): void {
    this.#notePiece(bytes, end);
    this.partCount = this.#isTooLong ? 0 : this.#noted;
  }

  forget(): void {
    this.partCount = 0;
  }

  part(index: number): number {
    return this.#parts[index] ?? -1;
  }

  /** Of a finished shape. */
  hasPart(part: Part): boolean {
    return (this.#seen & (1 << part)) !== 0;
  }

  /** The place behind piece `index` if it lies at `at`, -1 if not. */
  skip(index: number, view: DataView, at: number, end: number): number {
    const start = index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
    const length = (this.#ends[index] ?? 0) - start;
    return at + length <= end && isEqual(this.#view, start, view, at, length) ? at + length : -1;
  }

  #notePiece(bytes: Uint8Array, to: number): void {
    const length = to - this.#pieceStart;
    if (this.#noted > PARTS_MAX || this.#length + length > FIXED_BYTES_MAX) {
      this.#isTooLong = true;
      return;
    }
    this.#bytes.set(bytes.subarray(this.#pieceStart, to), this.#length);
    this.#length += length;
    this.#ends[this.#noted] = this.#length;
  }
}
