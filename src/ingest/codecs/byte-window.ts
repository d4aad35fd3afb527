/** Zero bytes behind the window's last: a reader of digits stops there, and one that compares a few words ahead finds bytes. */
export const WINDOW_PADDING = 32;
const ROOMY_BYTES = 32_768;

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

  #grow(needed: number): void {
    // A small first chunk is often the only one; what grows again, or is large, goes on growing.
    const isLikelyAll = this.bytes.length === 0 && needed < ROOMY_BYTES;
    const bytes = new Uint8Array(isLikelyAll ? needed : Math.max(ROOMY_BYTES, needed * 2));
    bytes.set(this.bytes.subarray(0, this.end));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
