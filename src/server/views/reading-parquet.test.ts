import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import type { SeriesNames } from "./reading-lines.ts";
import { ReadingParquet, ROW_GROUP_ROWS } from "./reading-parquet.ts";
import type { SeriesRun } from "./series-runs.ts";

const NAMES: SeriesNames = { metricId: "m-1", site: 'No"rth', device: "Größe, 1", metric: "active_power", unit: "W" };

function runOf(length: number): SeriesRun {
  return {
    series: 1,
    length,
    timesMs: Float64Array.from({ length }, (_, row) => row * 1_000),
    values: Float64Array.from({ length }, (_, row) => -row / 8),
    qualities: Uint8Array.from({ length }, (_, row) => row % 3),
  };
}

async function fileOf(runs: readonly SeriesRun[]): Promise<ArrayBuffer> {
  const parquet = new ReadingParquet();
  const chunks: Uint8Array[] = [];
  for (const run of runs) for await (const chunk of parquet.write(NAMES, run)) chunks.push(chunk);
  for await (const chunk of parquet.end()) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  return whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length);
}

test("reads back as it was written", async () => {
  const rows = await parquetReadObjects({ file: await fileOf([runOf(3)]) });
  const { metricId, site, device, metric, unit } = NAMES;
  expect(rows).toEqual(
    ["good", "uncertain", "bad"].map((quality, row) => ({
      ...{ metricId, site, device, metric, unit },
      time: new Date(row * 1_000),
      value: -row / 8,
      quality,
    })),
  );
  expect(await parquetReadObjects({ file: await fileOf([]) })).toEqual([]);
});

test("fills row groups over metrics, and begins another when one is full", async () => {
  const groups = async (runs: readonly SeriesRun[]): Promise<number[]> =>
    parquetMetadata(await fileOf(runs)).row_groups.map(({ num_rows }) => Number(num_rows));
  expect(await groups([runOf(10), runOf(20)])).toEqual([30]);
  expect(await groups([runOf(ROW_GROUP_ROWS)])).toEqual([ROW_GROUP_ROWS]);
  expect(await groups([runOf(ROW_GROUP_ROWS - 1), runOf(2)])).toEqual([ROW_GROUP_ROWS, 1]);
});
