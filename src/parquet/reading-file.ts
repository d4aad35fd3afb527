import { ByteWriter, ParquetWriter } from "hyparquet-writer";

/** The columns that name a reading's series, in the order of the export's. */
export const NAME_COLUMNS = ["metricId", "site", "device", "metric", "unit"] as const;

/** Readings as Parquet's columns. */
export interface ParquetRows {
  readonly length: number;
  /** By `NAME_COLUMNS`. */
  readonly names: readonly string[][];
  /** Epoch ms. */
  readonly times: readonly bigint[];
  readonly values: readonly number[];
  readonly qualities: readonly string[];
}

const CREATED_BY = "kilowatch";

/** Names are few beside readings, so that a dictionary holds them. */
const NAME = { encoding: "RLE_DICTIONARY" } as const;

/**
 * A Parquet file, row group by row group: names and quality as strings, time as a timestamp in ms, UTC, value as a double. Holds one row
 * group's bytes, and some hundred bytes for each that was written.
 */
export class ParquetFile {
  readonly #writer: ByteWriter & { flush(): Promise<void>; finish(): Promise<void> };
  readonly #parquet: ParquetWriter;

  /** @param write takes bytes; they may be used again when it resolves */
  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    const writer = new ByteWriter(1_048_576);
    const flush = async (): Promise<void> => {
      await write(writer.getBytes());
      writer.index = 0;
    };
    this.#writer = Object.assign(writer, { flush, finish: flush });
    this.#parquet = new ParquetWriter({
      writer: this.#writer,
      createdBy: CREATED_BY,
      schema: [
        { name: "root", num_children: NAME_COLUMNS.length + 3 },
        ...NAME_COLUMNS.map((name) => stringElement(name)),
        {
          name: "time",
          type: "INT64",
          repetition_type: "REQUIRED",
          converted_type: "TIMESTAMP_MILLIS",
          logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
        },
        { name: "value", type: "DOUBLE", repetition_type: "REQUIRED" },
        stringElement("quality"),
      ],
    });
  }

  async rowGroup({ length, names, times, values, qualities }: ParquetRows): Promise<void> {
    await this.#parquet.write({
      columnData: [
        ...NAME_COLUMNS.map((name, at) => ({ name, data: names[at] ?? [], ...NAME })),
        { name: "time", data: times as bigint[], encoding: "DELTA_BINARY_PACKED" },
        { name: "value", data: values as number[], encoding: "PLAIN" },
        { name: "quality", data: qualities as string[], ...NAME },
      ],
      rowGroupSize: length,
    });
  }

  /** Writes what a reader begins with, which is the end. */
  async finish(): Promise<void> {
    await this.#parquet.finish();
  }
}

function stringElement(name: string) {
  return {
    name,
    type: "BYTE_ARRAY",
    repetition_type: "REQUIRED",
    converted_type: "UTF8",
    logical_type: { type: "STRING" },
  } as const;
}
