import type { EncodedBatch } from "../sql/connection.ts";

/*
 * Inserts on their way to the engine's process, little-endian, every part aligned to 8 bytes:
 *
 *   UInt32 id, UInt32 batches, UInt32 bytes that follow, zero
 *   for each batch: Float64 seq, Float64 receivedAtMs, UInt32 rows, UInt32 bytes; the encoded batch; zeros up to the next multiple of 8
 *
 * A message over IPC copies its 20 MB three times more than a pipe does.
 */

const FRAME_HEADER_BYTES = 16;
const BATCH_HEADER_BYTES = 24;
const ALIGNMENT = 8;

export interface InsertFrame {
  readonly id: number;
  readonly batches: readonly EncodedBatch[];
}

/** The pieces of a frame; batches are not copied. */
export function framePieces(id: number, batches: readonly EncodedBatch[]): Uint8Array[] {
  const bytes = batches.reduce((sum, { encoded }) => sum + BATCH_HEADER_BYTES + padded(encoded.byteLength), 0);
  const pieces: Uint8Array[] = [new Uint8Array(Uint32Array.of(id, batches.length, bytes, 0).buffer)];
  let padding = 0;
  for (const { seq, receivedAtMs, rows, encoded } of batches) {
    // What the batch before left short goes in front of this one's header.
    const header = new DataView(new ArrayBuffer(padding + BATCH_HEADER_BYTES));
    header.setFloat64(padding, seq, true);
    header.setFloat64(padding + 8, receivedAtMs, true);
    header.setUint32(padding + 16, rows, true);
    header.setUint32(padding + 20, encoded.byteLength, true);
    pieces.push(new Uint8Array(header.buffer), encoded);
    padding = padded(encoded.byteLength) - encoded.byteLength;
  }
  if (padding > 0) pieces.push(new Uint8Array(padding));
  return pieces;
}

/** Puts frames together from chunks that may be cut anywhere. The bytes of a frame are valid until `onFrame` returns: their memory is used again. */
export class InsertFrameReader {
  readonly #onFrame: (frame: InsertFrame) => void;
  #memory = new ArrayBuffer(0);
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerFilled = 0;
  #body: Uint8Array | null = null;
  #bodyFilled = 0;

  constructor(onFrame: (frame: InsertFrame) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes; they may be overwritten afterwards. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.byteLength; ) {
      if (!this.#body) {
        const taken = chunk.subarray(at, at + FRAME_HEADER_BYTES - this.#headerFilled);
        this.#header.set(taken, this.#headerFilled);
        this.#headerFilled += taken.byteLength;
        at += taken.byteLength;
        if (this.#headerFilled < FRAME_HEADER_BYTES) return;
        this.#body = this.#room(new DataView(this.#header.buffer).getUint32(8, true));
        this.#bodyFilled = 0;
      }
      const taken = chunk.subarray(at, at + this.#body.byteLength - this.#bodyFilled);
      this.#body.set(taken, this.#bodyFilled);
      this.#bodyFilled += taken.byteLength;
      at += taken.byteLength;
      if (this.#bodyFilled === this.#body.byteLength) this.#finish(this.#body);
    }
  }

  /** Gives its memory back; the next frame brings its own. */
  shrink(): void {
    if (!this.#body) this.#memory = new ArrayBuffer(0);
  }

  #room(bytes: number): Uint8Array {
    if (bytes > this.#memory.byteLength) this.#memory = new ArrayBuffer(bytes);
    return new Uint8Array(this.#memory, 0, bytes);
  }

  #finish(body: Uint8Array): void {
    const header = new DataView(this.#header.buffer);
    const [id, count] = [header.getUint32(0, true), header.getUint32(4, true)];
    this.#body = null;
    this.#headerFilled = 0;
    const view = new DataView(body.buffer);
    const batches: EncodedBatch[] = [];
    for (let at = 0; batches.length < count; ) {
      const encodedAt = at + BATCH_HEADER_BYTES;
      const bytes = view.getUint32(at + 20, true);
      batches.push({
        seq: view.getFloat64(at, true),
        receivedAtMs: view.getFloat64(at + 8, true),
        rows: view.getUint32(at + 16, true),
        encoded: body.subarray(encodedAt, encodedAt + bytes),
      });
      at = encodedAt + padded(bytes);
    }
    this.#onFrame({ id, batches });
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
