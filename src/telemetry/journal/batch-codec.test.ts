import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { READING_TIME_MS, type ReadingColumns, ReadingColumnsBuilder } from "../../domain/reading.ts";
import { BatchDamaged, columnsOf, decodeBatch, encodeBatch, encodedBytes } from "./batch-codec.ts";

const reading = fc.tuple(
  fc.nat(0xffff_ffff),
  fc.integer(READING_TIME_MS),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.nat(255),
);
const batches = fc.array(reading, { maxLength: 200 }).map((rows) => {
  const builder = new ReadingColumnsBuilder();
  for (const row of rows) builder.push(...row);
  return builder.finish();
});

function rowsOf(columns: ReadingColumns): number[][] {
  return Array.from({ length: columns.length }, (_, row) =>
    [columns.series, columns.timesMs, columns.values, columns.qualities].map((column) => column[row] ?? Number.NaN),
  );
}

describe("a batch as bytes", () => {
  test("comes back as it was, to the bit, wherever the bytes lie in memory", () => {
    fc.assert(
      fc.property(batches, fc.nat(15), (batch, offset) => {
        const bytes = encodeBatch(batch);
        expect(bytes.byteLength).toBe(encodedBytes(batch.length));
        const moved = new Uint8Array(bytes.byteLength + offset).subarray(offset);
        moved.set(bytes);
        expect(rowsOf(decodeBatch(moved))).toStrictEqual(rowsOf(batch));
        expect(rowsOf(columnsOf(bytes))).toStrictEqual(rowsOf(batch));
      }),
    );
  });

  test("is the batch's own: what becomes of the caller's columns does not reach it", () => {
    const values = new Float64Array([1]);
    const bytes = encodeBatch({
      length: 1,
      series: new Uint32Array(1),
      timesMs: new Float64Array(1),
      values,
      qualities: new Uint8Array(1),
    });
    values[0] = 2;
    expect(decodeBatch(bytes).values[0]).toBe(1);
  });

  test("is never read when a single bit has changed, or when it was cut or grew", () => {
    fc.assert(
      fc.property(batches, fc.nat(), fc.nat(7), (batch, at, bit) => {
        const bytes = encodeBatch(batch);
        const index = at % bytes.byteLength;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        expect(() => decodeBatch(bytes)).toThrow(BatchDamaged);
      }),
    );
    fc.assert(
      fc.property(batches, fc.nat(), (batch, at) => {
        const bytes = encodeBatch(batch);
        expect(() => decodeBatch(bytes.subarray(0, at % bytes.byteLength))).toThrow(BatchDamaged);
        expect(() => decodeBatch(Uint8Array.from([...bytes, 0]))).toThrow(BatchDamaged);
      }),
    );
  });

  test("can be read twice", () => {
    const bytes = encodeBatch({
      length: 0,
      series: new Uint32Array(0),
      timesMs: new Float64Array(0),
      values: new Float64Array(0),
      qualities: new Uint8Array(0),
    });
    expect(decodeBatch(bytes).length).toBe(0);
    expect(decodeBatch(bytes).length).toBe(0);
  });
});
