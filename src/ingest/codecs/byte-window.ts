/** Zero bytes behind the window's last: a reader of digits stops there, and one that compares a few words ahead finds bytes. */
export const WINDOW_PADDING = 32;
const ROOMY_BYTES = 32_768;
/** Arrays that wait for the next body: as many as bodies usually come at once. Larger ones are not kept. */
const SPARE_ARRAYS_MAX = 16;
const SPARE_BYTES_MAX = 262_144;

/** Bodies by the hundred a second would leave an array each for the garbage collector. */
const spares: Uint8Array<ArrayBuffer>[] = [];

/**
 * The bytes being decoded: what an earlier chunk left over, then the new one, then zeros. To copy a chunk once costs a tenth of
 * decoding it, and gives every reader one array, one view and no seam between chunks to think of.
 */
export class ByteWindow {
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  /** Bytes in use, from 0. */
  end = 0;

  append(chunk: Uint8Array): void {
    const end = this.end + chunk.length;
    if (end + WINDOW_PADDING > this.bytes.length) this.#grow(end + WINDOW_PADDING);
    this.bytes.set(chunk, this.end);
    this.bytes.fill(0, end, end + WINDOW_PADDING);
    this.end = end;
  }

  /** Takes away the first bytes; what is left over moves to the front. */
  drop(count: number): void {
    if (count === 0) return;
    this.bytes.copyWithin(0, count, this.end);
    this.end -= count;
    this.bytes.fill(0, this.end, this.end + WINDOW_PADDING);
  }

  /** Gives its memory back; the window is empty then. */
  release(): void {
    this.end = 0;
    this.#take(new Uint8Array(0));
  }

  #grow(needed: number): void {
    // A small first chunk is often the only one; what grows again, or is large, goes on growing.
    const isLikelyAll = this.bytes.length === 0 && needed < ROOMY_BYTES;
    const bytes = isLikelyAll ? new Uint8Array(needed) : roomyArray(needed);
    bytes.set(this.bytes.subarray(0, this.end));
    this.#take(bytes);
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    const { bytes: before } = this;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    if (before.length >= ROOMY_BYTES && before.length <= SPARE_BYTES_MAX && spares.length < SPARE_ARRAYS_MAX) {
      spares.push(before);
    }
  }
}

/** What it holds does not matter: the window clears what lies behind its end. */
function roomyArray(needed: number): Uint8Array<ArrayBuffer> {
  const spare = spares.at(-1);
  if (spare && spare.length >= needed) {
    spares.pop();
    return spare;
  }
  return new Uint8Array(Math.max(ROOMY_BYTES, needed * 2));
}
