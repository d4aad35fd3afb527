import type { SeriesDirectory, SeriesOwner } from "../catalogue/directory.ts";
import type { Clock } from "../domain/clock.ts";
import { InvalidInput } from "../domain/errors.ts";
import { READING_TIME_MS, type ReadingColumns } from "../domain/reading.ts";
import { type LiveHub, type LiveReading, REPLAY_EVENTS_MAX } from "../live/hub.ts";
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
   * Stores a batch, all or nothing. Resolves once it is on stable storage and every read sees it.
   * @throws InvalidInput when a row has no series, no finite value or a time outside `READING_TIME_MS`.
   * @throws StorageUnavailable when it cannot be stored now.
   */
  async accept(columns: ReadingColumns): Promise<void> {
    if (columns.length === 0) return;
    const owners = this.#ownersOf(columns);
    await this.#append(columns);
    this.#live.publish(liveReadings(columns, owners));
  }

  /** Stores a batch of the past like `accept`, and does not show it to those who watch the present. */
  async acceptHistory(columns: ReadingColumns): Promise<void> {
    if (columns.length === 0) return;
    this.#ownersOf(columns);
    await this.#append(columns);
  }

  async #append(columns: ReadingColumns): Promise<void> {
    await this.#store.append(columns, this.#clock.nowMs());
    this.#batches++;
    this.#readings += columns.length;
  }

  #ownersOf(columns: ReadingColumns): SeriesOwner[] {
    const owners: SeriesOwner[] = [];
    for (let row = 0; row < columns.length; row++) {
      const owner = this.#directory.bySeries(columns.series[row] ?? 0);
      if (!owner) throw new InvalidInput([{ path: `readings.${row}`, message: "belongs to no known metric" }]);
      if (!Number.isFinite(columns.values[row])) {
        throw new InvalidInput([{ path: `readings.${row}.value`, message: "must be a finite number" }]);
      }
      const timeMs = columns.timesMs[row] ?? Number.NaN;
      if (!(Number.isInteger(timeMs) && timeMs >= READING_TIME_MS.min && timeMs <= READING_TIME_MS.max)) {
        throw new InvalidInput([{ path: `readings.${row}.time`, message: "must lie between 1970 and 9999" }]);
      }
      owners.push(owner);
    }
    return owners;
  }
}

/** The batch's last readings, as many as the hub keeps: nobody watches a million values go by. */
function* liveReadings(columns: ReadingColumns, owners: readonly SeriesOwner[]): Generator<LiveReading> {
  for (let row = Math.max(0, owners.length - REPLAY_EVENTS_MAX); row < owners.length; row++) {
    const owner = owners[row];
    if (!owner) continue;
    yield {
      metricId: owner.metricId,
      siteId: owner.siteId,
      timeMs: columns.timesMs[row] ?? 0,
      value: columns.values[row] ?? 0,
      quality: columns.qualities[row] ?? 0,
    };
  }
}
