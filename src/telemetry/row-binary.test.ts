import { describe, expect, test } from "vitest";
import { readRows } from "./row-binary.ts";

describe("RowBinary", () => {
  test("is cut into columns by their types", () => {
    const bytes = Buffer.alloc(1 + 2 * (4 + 1 + 8 + 8));
    let at = 1;
    for (const row of [
      { series: 4_294_967_295, quality: 255, time: -5n, value: -0 },
      { series: 0, quality: 0, time: 2n ** 53n - 1n, value: 1e308 },
    ]) {
      at = bytes.writeUInt32LE(row.series, at);
      at = bytes.writeUInt8(row.quality, at);
      at = bytes.writeBigInt64LE(row.time, at);
      at = bytes.writeDoubleLE(row.value, at);
    }
    // A view that does not begin where its buffer does.
    const { length, columns } = readRows(bytes.subarray(1), ["UInt32", "UInt8", "Int64", "Float64"]);
    expect(length).toBe(2);
    expect(columns.map((column) => Array.from(column))).toStrictEqual([
      [4_294_967_295, 0],
      [255, 0],
      [-5, 2 ** 53 - 1],
      [-0, 1e308],
    ]);
  });

  test("that is cut short is refused", () => {
    expect(() => readRows(new Uint8Array(11), ["UInt32", "Int64"])).toThrow(/whole rows/);
    expect(readRows(new Uint8Array(0), ["UInt32"]).length).toBe(0);
  });
});
