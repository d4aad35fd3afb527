import type { RawPage, StepColumns } from "./store.ts";

/*
 * ClickHouse's RowBinary: rows back to back, numbers little-endian. Every column that Kilowatch reads has a fixed width.
 * clickhouse.com/docs/interfaces/formats/RowBinary
 */

/** UInt32 series, Int64 ts, Float64 value, UInt8 quality. */
const RAW_ROW_BYTES = 4 + 8 + 8 + 1;
/** UInt32 series, Int64 start, Float64 aggregate, UInt64 readings. */
const STEP_ROW_BYTES = 4 + 8 + 8 + 8;

const TWO_TO_32 = 2 ** 32;

/** Reads the answer to `selectRaw`, which holds one row more than `limit` when there is a next page. */
export function rawPageOf(bytes: Uint8Array, limit: number): RawPage {
  const rows = rowsIn(bytes, RAW_ROW_BYTES);
  const length = Math.min(rows, limit);
  const columns = {
    length,
    series: new Uint32Array(length),
    timesMs: new Float64Array(length),
    values: new Float64Array(length),
    qualities: new Uint8Array(length),
  };
  const view = viewOf(bytes);
  for (let row = 0, at = 0; row < length; row++, at += RAW_ROW_BYTES) {
    columns.series[row] = view.getUint32(at, true);
    columns.timesMs[row] = int64(view, at + 4);
    columns.values[row] = view.getFloat64(at + 12, true);
    columns.qualities[row] = view.getUint8(at + 20);
  }
  const last = length - 1;
  // Only a full page has a next one, and a full page has a last row.
  const next = rows > limit ? { timeMs: columns.timesMs[last] ?? 0, series: columns.series[last] ?? 0 } : null;
  return { columns, next };
}

/** Reads the answer to `selectSteps`. */
export function stepsOf(bytes: Uint8Array): StepColumns {
  const length = rowsIn(bytes, STEP_ROW_BYTES);
  const steps = {
    length,
    series: new Uint32Array(length),
    startsMs: new Float64Array(length),
    values: new Float64Array(length),
    counts: new Float64Array(length),
  };
  const view = viewOf(bytes);
  for (let row = 0, at = 0; row < length; row++, at += STEP_ROW_BYTES) {
    steps.series[row] = view.getUint32(at, true);
    steps.startsMs[row] = int64(view, at + 4);
    steps.values[row] = view.getFloat64(at + 12, true);
    steps.counts[row] = int64(view, at + 20);
  }
  return steps;
}

/** A 64-bit integer within ±2^53, without a BigInt for each row. */
function int64(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * TWO_TO_32 + view.getUint32(at, true);
}

function rowsIn(bytes: Uint8Array, rowBytes: number): number {
  if (bytes.byteLength % rowBytes !== 0) {
    throw new Error(`an answer of ${bytes.byteLength} bytes does not hold whole rows of ${rowBytes}`);
  }
  return bytes.byteLength / rowBytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
