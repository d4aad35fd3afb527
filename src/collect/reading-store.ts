import type { SeriesDirectory } from "../catalogue/directory.ts";
import type { Clock } from "../domain/clock.ts";
import { StorageUnavailable } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../domain/reading.ts";
import type { IngestPipeline } from "../ingest/pipeline.ts";
import type { VendorReading } from "../vendors/vendor.ts";

/** Which device each serial number of a request stands for. */
export type IdBySerial = ReadonlyMap<string, string>;

export interface ReadingStoreParts {
  /** For the log. */
  readonly connectionName: string;
  readonly directory: SeriesDirectory;
  readonly pipeline: IngestPipeline;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings what a vendor answered into storage, and waits for it: the vendor's budget for it is spent. */
export class ReadingStore {
  readonly #parts: ReadingStoreParts;

  constructor(parts: ReadingStoreParts) {
    this.#parts = parts;
  }

  /** Resolves with how many were stored, once they are on stable storage. Rejects with the signal's reason. */
  async store(readings: readonly VendorReading[], asked: IdBySerial, signal: AbortSignal): Promise<number> {
    const { pipeline, clock, log, connectionName: connection } = this.#parts;
    for (let attempt = 0; ; attempt++) {
      // Made anew for each attempt: a metric may be deleted while storage is waited for.
      const columns = this.#columnsOf(readings, asked);
      try {
        await pipeline.accept(columns);
        if (attempt > 0) log.info({ connection }, "storage takes readings again");
        return columns.length;
      } catch (error) {
        if (!(error instanceof StorageUnavailable)) throw error;
        if (attempt === 0) log.warn({ connection, reason: error.message }, "polling waits for storage");
        await clock.sleepUntil(clock.monotonicMs() + error.retryAfterS * 1_000, signal);
      }
    }
  }

  #columnsOf(readings: readonly VendorReading[], asked: IdBySerial): ReadingColumns {
    const { directory } = this.#parts;
    const builder = new ReadingColumnsBuilder();
    for (const reading of readings) {
      const deviceId = asked.get(reading.device);
      const owner = deviceId === undefined ? undefined : directory.ofDevice(deviceId, reading.metric.name);
      // A metric that a person removed from the device is no longer wanted.
      if (owner) builder.push(owner.series, reading.timeMs, reading.value, reading.quality);
    }
    return builder.finish();
  }
}
