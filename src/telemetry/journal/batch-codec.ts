import { crc32 } from "node:zlib";
import type { ReadingColumns } from "../../domain/reading.ts";

/*
 * One batch as bytes, little-endian:
 *
 *   0  "KWB" and the format's version (1)
 *   4  rows, UInt32
 *   8  CRC-32 of the whole with these four bytes as zero, UInt32
 *  12  zero, UInt32
 *  16  timesMs Float64 × rows, values Float64 × rows, series UInt32 × rows, qualities UInt8 × rows
 *
 * The widest columns come first, so that each one is aligned and decoding needs no copy.
 */
const MAGIC_AND_VERSION = 0x01_42_57_4b;
const HEADER_BYTES = 16;
const ROW_BYTES = 8 + 8 + 4 + 1;

/** The bytes do not hold what was written: torn, overwritten or of a newer format. */
export class BatchDamaged extends Error {
  override readonly name = "BatchDamaged";
}

/** The size of a batch of so many rows, bytes. */
export function encodedBytes(rows: number): number {
  return HEADER_BYTES + rows * ROW_BYTES;
}

/** Copies a batch into bytes of its own, which `sealBatch` completes. */
export function encodeUnsealed(batch: ReadingColumns): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(encodedBytes(batch.length));
  const columns = columnsWithin(bytes, batch.length);
  columns.timesMs.set(batch.timesMs.subarray(0, batch.length));
  columns.values.set(batch.values.subarray(0, batch.length));
  columns.series.set(batch.series.subarray(0, batch.length));
  columns.qualities.set(batch.qualities.subarray(0, batch.length));
  const header = new DataView(bytes.buffer, 0, HEADER_BYTES);
  header.setUint32(0, MAGIC_AND_VERSION, true);
  header.setUint32(4, batch.length, true);
  return bytes;
}

/** Puts the checksum into bytes that `encodeUnsealed` made. Apart from it, so that the thread that writes them also counts it. */
export function sealBatch(bytes: Uint8Array): void {
  new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES).setUint32(8, crc32(bytes), true);
}

/** Copies a batch into bytes of its own. */
export function encodeBatch(batch: ReadingColumns): Uint8Array<ArrayBuffer> {
  const bytes = encodeUnsealed(batch);
  sealBatch(bytes);
  return bytes;
}

/**
 * Reads a batch as views on the bytes, which must not change from then on (its checksum field is cleared and put back).
 * @throws BatchDamaged
 */
export function decodeBatch(given: Uint8Array): ReadingColumns {
  if (given.byteLength < HEADER_BYTES) throw new BatchDamaged(`${given.byteLength} bytes are too few for a batch`);
  const bytes = given.byteOffset % 8 === 0 ? given : Uint8Array.from(given);
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (header.getUint32(0, true) !== MAGIC_AND_VERSION)
    throw new BatchDamaged("it does not begin as a batch of format 1");
  const rows = header.getUint32(4, true);
  if (bytes.byteLength !== encodedBytes(rows)) {
    throw new BatchDamaged(`${rows} rows need ${encodedBytes(rows)} bytes, there are ${bytes.byteLength}`);
  }
  const checksum = header.getUint32(8, true);
  header.setUint32(8, 0, true);
  const actual = crc32(bytes);
  header.setUint32(8, checksum, true);
  if (actual !== checksum) throw new BatchDamaged("its checksum does not fit");
  return columnsWithin(bytes, rows);
}

/**
 * Gives the memory of a batch back at once, where it would otherwise wait for a collection of the whole heap. The batch, which must be all of its
 * buffer, is empty from then on.
 */
export function discardBatch(encoded: Uint8Array): void {
  if (encoded.buffer instanceof ArrayBuffer) encoded.buffer.transfer(0);
}

/** The columns of bytes that `encodeBatch` has just made; nothing is checked. */
export function columnsOf(encoded: Uint8Array): ReadingColumns {
  return columnsWithin(encoded, (encoded.byteLength - HEADER_BYTES) / ROW_BYTES);
}

function columnsWithin(bytes: Uint8Array, length: number): ReadingColumns {
  const timesAt = bytes.byteOffset + HEADER_BYTES;
  const valuesAt = timesAt + 8 * length;
  const seriesAt = valuesAt + 8 * length;
  return {
    length,
    timesMs: new Float64Array(bytes.buffer, timesAt, length),
    values: new Float64Array(bytes.buffer, valuesAt, length),
    series: new Uint32Array(bytes.buffer, seriesAt, length),
    qualities: new Uint8Array(bytes.buffer, seriesAt + 4 * length, length),
  };
}
