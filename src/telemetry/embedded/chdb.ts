import { createRequire } from "node:module";
import type { Session } from "chdb";
import type { ArrangedRows } from "../arrange.ts";
import { READINGS_COLUMNS, READINGS_TABLE } from "../sql/readings-table.ts";

/*
 * chDB's column interface is not in its types: names with an underscore, pinned by the exact version in package.json.
 * Columns are the only way in for values: `insert` of text would run as SQL what follows a blank line.
 */

/** A column in the Arrow C data interface (arrow.apache.org/docs/format/CDataInterface.html, "format strings"). */
interface ArrowColumn {
  readonly name: string;
  /** "I" UInt32, "C" UInt8, "l" Int64, "g" Float64. */
  readonly format: "I" | "C" | "l" | "g";
  readonly length: number;
  readonly nullCount: 0;
  /** No null bitmap, then the values. */
  readonly buffers: readonly [null, Buffer];
}

interface Chdb {
  readonly Session: typeof Session;
  _arrowRegisterColumns(connection: unknown, name: string, columns: readonly ArrowColumn[]): void;
  _arrowUnregister(connection: unknown, name: string): void;
}

/** Loads the native library: takes a moment and some 200 MB of mapped files. */
export function loadChdb(): Chdb {
  return createRequire(import.meta.url)("chdb") as Chdb;
}

type ColumnValues = Float64Array | Uint32Array | Int32Array | Uint8Array;

/** Columns for `insertStatement`; they must not change while they are registered. */
export function arrowColumns(rows: ArrangedRows): ArrowColumn[] {
  const column = (name: string, format: ArrowColumn["format"], values: ColumnValues): ArrowColumn => {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    return { name, format, length: rows.length, nullCount: 0, buffers: [null, bytes] };
  };
  const columns = [
    column("series", "I", rows.series),
    column("ts", "l", rows.times),
    column("mantissa", "l", rows.mantissas),
    column("scale", "C", rows.scales),
    column("quality", "C", rows.qualities),
  ];
  if (rows.hasNumbers) columns.push(column("number", "g", rows.numbers));
  return columns;
}

/** Takes the columns from an Arrow stream of this name. What is the same for every row stands in the statement. */
export function insertStatement(stream: string, rows: ArrangedRows): string {
  const number = rows.hasNumbers ? "number" : "toFloat64(0)";
  // The rows are in the table's order, each key once: the engine need not look for what it could merge.
  return `
    INSERT INTO ${READINGS_TABLE} (${READINGS_COLUMNS})
    SELECT series, ts, mantissa, scale, ${number}, quality, toUInt64(${rows.version.toFixed(0)}) FROM arrowstream('${stream}')
    SETTINGS max_threads = 1, optimize_on_insert = 0`;
}
