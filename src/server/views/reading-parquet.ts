import { qualityName } from "../../domain/reading.ts";
import { NAME_COLUMNS, ParquetFile } from "../../parquet/reading-file.ts";
import type { SeriesNames } from "./reading-lines.ts";
import type { SeriesRun } from "./series-runs.ts";

/** Readings of a row group: as many as are written without keeping others waiting. */
export const ROW_GROUP_ROWS = 20_000;

interface PendingRows {
  readonly names: string[][];
  readonly times: bigint[];
  readonly values: number[];
  readonly qualities: string[];
}

/** Readings as a Parquet file whose bytes are handed on as they come to be. */
export class ReadingParquet {
  readonly #written: Uint8Array[] = [];
  // The writer uses its bytes again.
  readonly #file = new ParquetFile(async (bytes) => void this.#written.push(Uint8Array.from(bytes)));
  #rows = noRows();

  async *write(names: SeriesNames, run: SeriesRun): AsyncGenerator<Uint8Array, void, undefined> {
    for (let row = 0; row < run.length; row++) {
      for (const [place, column] of NAME_COLUMNS.entries()) this.#rows.names[place]?.push(names[column]);
      this.#rows.times.push(BigInt(run.timesMs[row] ?? 0));
      this.#rows.values.push(run.values[row] ?? 0);
      this.#rows.qualities.push(qualityName(run.qualities[row] ?? 0));
      if (this.#rows.values.length === ROW_GROUP_ROWS) yield* this.#flush();
    }
  }

  /** What readers begin with, which stands at the end. */
  async *end(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#rows.values.length > 0) yield* this.#flush();
    await this.#file.finish();
    yield* this.#written.splice(0);
  }

  async *#flush(): AsyncGenerator<Uint8Array, void, undefined> {
    const rows = this.#rows;
    this.#rows = noRows();
    await this.#file.rowGroup({ length: rows.values.length, ...rows });
    yield* this.#written.splice(0);
  }
}

function noRows(): PendingRows {
  return { names: NAME_COLUMNS.map(() => []), times: [], values: [], qualities: [] };
}
