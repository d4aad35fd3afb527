import type { SeriesDirectory } from "../catalogue/directory.ts";
import type { Outcome } from "../domain/coverage.ts";
import type { HistoryLimits, LatestBatch } from "../vendors/vendor.ts";
import { VendorRefused } from "../vendors/vendor.ts";
import type { CoverageLedger } from "./ledger/coverage-ledger.ts";
import type { IdBySerial } from "./reading-store.ts";

/** A latest value speaks for the time since the one before, and for no more than so many of the times in which one is wanted. */
const SPEAKS_FOR = 1.5;

export interface LiveNotesParts {
  readonly ledger: Pick<CoverageLedger, "note">;
  readonly directory: SeriesDirectory;
  /** Of the vendor; null where it keeps no past. */
  readonly history: HistoryLimits | null;
  /** Time in which each device is asked once, ms. */
  readonly freshnessMs: number;
}

/**
 * What a sweep for latest values tells the ledger. Where a vendor keeps the past, a latest value is one of its values and speaks for its own
 * slot alone: the rest is asked for as history. Elsewhere it speaks for the time since the device was asked before.
 */
export class LiveNotes {
  readonly #parts: LiveNotesParts;
  readonly #pastMetrics: ReadonlySet<string>;
  readonly #askedMs = new Map<string, number>();

  constructor(parts: LiveNotesParts) {
    this.#parts = parts;
    this.#pastMetrics = new Set(parts.history?.metrics.map(({ name }) => name));
  }

  /** Call it once what the batch brought is stored. @param askedAtMs epoch ms */
  note(batch: LatestBatch, asked: IdBySerial, askedAtMs: number, request: number): void {
    const { ledger, directory, history, freshnessMs } = this.#parts;
    const came = new Map(
      batch.readings.map((reading) => [`${reading.device}\n${reading.metric.name}`, reading.timeMs]),
    );
    for (const [serial, deviceId] of asked) {
      const longestMs = SPEAKS_FOR * freshnessMs;
      const fromMs = Math.trunc(
        Math.max(this.#askedMs.get(deviceId) ?? askedAtMs - freshnessMs, askedAtMs - longestMs),
      );
      if (!batch.failure) this.#askedMs.set(deviceId, askedAtMs);
      // A clock that was set back must not make a time of no length.
      if (fromMs >= askedAtMs) continue;
      for (const { series, metricName } of directory.allOfDevice(deviceId)) {
        const timeMs = came.get(`${serial}\n${metricName}`);
        if (history && this.#pastMetrics.has(metricName)) {
          if (timeMs === undefined) continue;
          const toMs = timeMs + history.valuesEveryMs;
          ledger.note(series, { fromMs: timeMs, toMs, outcome: "data", askedAtMs, request });
        } else {
          const outcome = outcomeOf(batch, timeMs !== undefined);
          ledger.note(series, { fromMs, toMs: askedAtMs, outcome, askedAtMs, request });
        }
      }
    }
  }
}

function outcomeOf({ failure }: LatestBatch, hasCome: boolean): Outcome {
  if (failure) return failure instanceof VendorRefused ? "refused" : "failed";
  return hasCome ? "data" : "nothing";
}
