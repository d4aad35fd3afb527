/*
 * ClickHouse's RowBinary: rows back to back, numbers little-endian. Every column that Kilowatch reads has a fixed width.
 * clickhouse.com/docs/interfaces/formats/RowBinary
 */

const WIDTH = { UInt8: 1, UInt32: 4, Int64: 8, UInt64: 8, Float64: 8 } as const;

/** A column's type. 64-bit integers are read as numbers and must lie within ±2^53. */
export type ColumnType = keyof typeof WIDTH;

type ColumnArray<Type extends ColumnType> = Type extends "UInt8"
  ? Uint8Array
  : Type extends "UInt32"
    ? Uint32Array
    : Float64Array;

export interface Rows<Types extends readonly ColumnType[]> {
  readonly length: number;
  readonly columns: { readonly [Index in keyof Types]: ColumnArray<Types[Index]> };
}

/** Cuts an answer into columns. @throws Error for bytes that are no whole rows of these types */
export function readRows<const Types extends readonly ColumnType[]>(bytes: Uint8Array, types: Types): Rows<Types> {
  const rowBytes = types.reduce((sum, type) => sum + WIDTH[type], 0);
  if (bytes.byteLength % rowBytes !== 0) {
    throw new Error(`an answer of ${bytes.byteLength} bytes does not hold whole rows of ${rowBytes}`);
  }
  const length = bytes.byteLength / rowBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  const columns = types.map((type) => {
    const column = readColumn(view, type, length, offset, rowBytes);
    offset += WIDTH[type];
    return column;
  });
  return { length, columns: columns as unknown as Rows<Types>["columns"] };
}

function readColumn(view: DataView, type: ColumnType, length: number, offset: number, rowBytes: number) {
  switch (type) {
    case "UInt8": {
      const column = new Uint8Array(length);
      for (let row = 0, at = offset; row < length; row++, at += rowBytes) column[row] = view.getUint8(at);
      return column;
    }
    case "UInt32": {
      const column = new Uint32Array(length);
      for (let row = 0, at = offset; row < length; row++, at += rowBytes) column[row] = view.getUint32(at, true);
      return column;
    }
    case "Int64":
    case "UInt64": {
      const column = new Float64Array(length);
      for (let row = 0, at = offset; row < length; row++, at += rowBytes) column[row] = int64(view, at);
      return column;
    }
    case "Float64": {
      const column = new Float64Array(length);
      for (let row = 0, at = offset; row < length; row++, at += rowBytes) column[row] = view.getFloat64(at, true);
      return column;
    }
  }
}

const TWO_TO_32 = 2 ** 32;

/** A 64-bit integer within ±2^53, without a BigInt for each row. */
function int64(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * TWO_TO_32 + view.getUint32(at, true);
}
