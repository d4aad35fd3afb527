import { createRequire } from "node:module";
import type { Session } from "chdb";
import type { VersionedReadings } from "../engine.ts";

/*
 * chDB's column interface is not in its types: names with an underscore, pinned by the exact version in package.json.
 * Columns are the only way in for values: `insert` of text would run as SQL what follows a blank line.
 */

/** A column in the Arrow C data interface (arrow.apache.org/docs/format/CDataInterface.html, "format strings"). */
interface ArrowColumn {
  readonly name: string;
  /** "I" UInt32, "C" UInt8, "g" Float64. */
  readonly format: "I" | "C" | "g";
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

/** The rows under the names that `insertFrom` expects; they must not change while they are registered. */
export function arrowColumns(rows: VersionedReadings): ArrowColumn[] {
  const column = (name: string, format: ArrowColumn["format"], values: Float64Array | Uint32Array | Uint8Array) => {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    return { name, format, length: rows.length, nullCount: 0, buffers: [null, bytes] } as const;
  };
  return [
    column("series", "I", rows.series),
    column("time_ms", "g", rows.timesMs),
    column("value", "g", rows.values),
    column("quality", "C", rows.qualities),
    column("version", "g", rows.versions),
  ];
}
