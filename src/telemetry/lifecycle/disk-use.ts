import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DiskUse } from "../store.ts";
import type { EngineUsage, StoredSize } from "./engine-upkeep.ts";

/** What a store takes of its disk. @param journalPath beside which SQLite's own files lie */
export function diskUseOf(usage: EngineUsage, journalPath: string): DiskUse {
  const { bavail, bsize } = statfsSync(dirname(journalPath));
  const bytesOf = new Map<number, { readings: number; readingBytes: number; rollupBytes: number }>();
  const each = ({ bytes, rows, ofSeries }: StoredSize, add: (series: number, rows: number, bytes: number) => void) => {
    for (let row = 0; row < ofSeries.length; row++) {
      const held = ofSeries.rows[row] ?? 0;
      // Between the two counts of rows some may have been merged.
      add(ofSeries.series[row] ?? 0, held, rows > 0 ? Math.min(bytes, (bytes * held) / rows) : 0);
    }
  };
  const ofSeries = (series: number) => {
    const known = bytesOf.get(series) ?? { readings: 0, readingBytes: 0, rollupBytes: 0 };
    bytesOf.set(series, known);
    return known;
  };
  each(usage.readings, (series, rows, bytes) => {
    ofSeries(series).readings += rows;
    ofSeries(series).readingBytes += bytes;
  });
  each(usage.rollups, (series, _rows, bytes) => {
    ofSeries(series).rollupBytes += bytes;
  });
  const all = [...bytesOf];
  return {
    journalBytes: [journalPath, `${journalPath}-wal`].reduce((sum, path) => sum + sizeOf(path), 0),
    readings: { bytes: usage.readings.bytes, rows: usage.readings.rows },
    rollups: { bytes: usage.rollups.bytes, rows: usage.rollups.rows },
    leavingBytes: usage.leavingBytes,
    freeBytes: bavail * bsize,
    ofSeries: {
      length: all.length,
      series: Uint32Array.from(all, ([series]) => series),
      readings: Float64Array.from(all, ([, held]) => held.readings),
      readingBytes: Float64Array.from(all, ([, held]) => held.readingBytes),
      rollupBytes: Float64Array.from(all, ([, held]) => held.rollupBytes),
    },
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
