import type { SeriesDirectory } from "../catalogue/directory.ts";
import type { Clock } from "../domain/clock.ts";
import { InvalidInput } from "../domain/errors.ts";
import { READING_TIME_MS, type ReadingColumns } from "../domain/reading.ts";
import { type LiveBatch, type LiveHub, REPLAY_EVENTS_MAX } from "../live/hub.ts";
import type { TelemetryStore } from "../telemetry/store.ts";

/** Counts of what went through, for the health page and Prometheus. */
export interface IngestCounts {
  readonly batches: number;
  readonly readings: number;
}

/** The one way in: every reading, whatever brought it, is checked, stored durably, acked, and then shown live. */
export class IngestPipeline {
  readonly #store: TelemetryStore;
  readonly #directory: SeriesDirectory;
  readonly #live: LiveHub;
  readonly #clock: Clock;
  #batches = 0;
  #readings = 0;

  constructor(parts: { store: TelemetryStore; directory: SeriesDirectory; live: LiveHub; clock: Clock }) {
    this.#store = parts.store;
    this.#directory = parts.directory;
    this.#live = parts.live;
    this.#clock = parts.clock;
  }

  get counts(): IngestCounts {
    return { batches: this.#batches, readings: this.#readings };
  }

  /**
   * Stores a batch, all or nothing. Resolves once it is on stable storage and every read sees it. The columns are the pipeline's from
   * now on: whoever gave them changes them no more.
   * @throws InvalidInput when a row has no series, no finite value or a time outside `READING_TIME_MS`.
   * @throws StorageUnavailable when it cannot be stored now.
   */
  async accept(columns: ReadingColumns): Promise<void> {
    if (columns.length === 0) return;
    this.#check(columns);
    await this.#append(columns);
    this.#live.publish(liveBatch(columns, this.#directory));
  }

  /** Stores a batch of the past like `accept`, and does not show it to those who watch the present. */
  async acceptHistory(columns: ReadingColumns): Promise<void> {
    if (columns.length === 0) return;
    this.#check(columns);
    await this.#append(columns);
  }

  async #append(columns: ReadingColumns): Promise<void> {
    await this.#store.append(columns, this.#clock.nowMs());
    this.#batches++;
    this.#readings += columns.length;
  }

  #check({ length, series, timesMs, values }: ReadingColumns): void {
    for (let row = 0; row < length; row++) {
      if (!this.#directory.hasSeries(series[row] ?? 0)) throw wrong(row, "", "belongs to no known metric");
      if (!Number.isFinite(values[row])) throw wrong(row, ".value", "must be a finite number");
      const timeMs = timesMs[row] ?? Number.NaN;
      if (!(timeMs >= READING_TIME_MS.min && timeMs <= READING_TIME_MS.max && Math.floor(timeMs) === timeMs)) {
        throw wrong(row, ".time", "must lie between 1970 and 9999");
      }
    }
  }
}

function wrong(row: number, field: string, message: string): InvalidInput {
  return new InvalidInput([{ path: `readings.${row}${field}`, message }]);
}

/** Rows of a batch that the hub may hold on to as they are; of a longer one its last readings are copied, so that the rest is let go. */
const HELD_ROWS_MAX = 4 * REPLAY_EVENTS_MAX;

/** The batch's last readings, as many as the hub keeps: nobody watches a million values go by. */
function liveBatch(columns: ReadingColumns, directory: SeriesDirectory): LiveBatch {
  const from = Math.max(0, columns.length - REPLAY_EVENTS_MAX);
  const { series, timesMs, values, qualities } =
    columns.length > HELD_ROWS_MAX ? copied(columns, from) : sharing(columns, from);
  return {
    length: series.length,
    ownerOf: (row) => directory.bySeries(series[row] ?? 0),
    timeMs: (row) => timesMs[row] ?? 0,
    value: (row) => values[row] ?? 0,
    quality: (row) => qualities[row] ?? 0,
  };
}

function sharing(
  { series, timesMs, values, qualities, length }: ReadingColumns,
  from: number,
): Omit<ReadingColumns, "length"> {
  return {
    series: series.subarray(from, length),
    timesMs: timesMs.subarray(from, length),
    values: values.subarray(from, length),
    qualities: qualities.subarray(from, length),
  };
}

function copied(
  { series, timesMs, values, qualities, length }: ReadingColumns,
  from: number,
): Omit<ReadingColumns, "length"> {
  return {
    series: series.slice(from, length),
    timesMs: timesMs.slice(from, length),
    values: values.slice(from, length),
    qualities: qualities.slice(from, length),
  };
}
