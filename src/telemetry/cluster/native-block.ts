import type { ArrangedRows } from "../arrange.ts";
import { READINGS_TABLE } from "../sql/readings-table.ts";

/*
 * ClickHouse's Native format: a block is the counts of its columns and rows, then each column's name, its type and its values back to
 * back, little-endian. One block of an INSERT is written as it is: one part for each partition. clickhouse.com/docs/interfaces/formats/Native
 */

/** An INSERT and the rows that follow it. */
export interface NativeInsert {
  readonly sql: string;
  /** Shares memory with the arranged rows. */
  readonly rows: readonly Uint8Array[];
}

/** Columns that hold nothing but their default are left out. */
export function nativeInsert(rows: ArrangedRows): NativeInsert {
  const { length } = rows;
  const columns: readonly (readonly [name: string, type: string, values: ArrayBufferView])[] = [
    ["series", "UInt32", rows.series],
    ["ts", "Int64", rows.times],
    ["mantissa", "Int64", rows.mantissas],
    ["scale", "UInt8", rows.scales],
    ...(rows.hasNumbers ? ([["number", "Float64", rows.numbers]] as const) : []),
    ["quality", "UInt8", rows.qualities],
    ["version", "UInt64", new BigUint64Array(length).fill(BigInt(rows.version))],
  ];
  return {
    sql: `INSERT INTO ${READINGS_TABLE} (${columns.map(([name]) => name).join(", ")}) FORMAT Native`,
    rows: [
      Uint8Array.from([...varUInt(columns.length), ...varUInt(length)]),
      ...columns.flatMap(([name, type, values]) => [
        Uint8Array.from([...shortText(name), ...shortText(type)]),
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      ]),
    ],
  };
}

/** Seven bits a byte, the lowest first; all but the last have the eighth set. */
function varUInt(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left & 0x7f) | 0x80);
  return [...bytes, left];
}

function shortText(text: string): number[] {
  return [...varUInt(text.length), ...Buffer.from(text, "latin1")];
}
