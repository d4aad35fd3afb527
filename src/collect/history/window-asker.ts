import type { SeriesDirectory } from "../../catalogue/directory.ts";
import type { Clock } from "../../domain/clock.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { type ReadingColumns, ReadingColumnsBuilder } from "../../domain/reading.ts";
import type { IngestPipeline } from "../../ingest/pipeline.ts";
import type { HistoryAnswer, HistoryReader, HistoryWindow, Lane, VendorReading } from "../../vendors/vendor.ts";
import type { PastCoverage, PastDevice } from "./past-coverage.ts";
import type { RestatementFinder } from "./restatement-finder.ts";

/** A reading of the past and the series that it belongs to. */
export type PlacedReading = VendorReading & { readonly series: number };

export interface WindowAskerParts {
  /** The connection's name, for the log. */
  readonly name: string;
  readonly client: HistoryReader;
  readonly past: PastCoverage;
  /** Ids of the connection's devices. */
  readonly deviceIds: readonly string[];
  readonly directory: SeriesDirectory;
  readonly pipeline: Pick<IngestPipeline, "acceptHistory">;
  readonly restatements: RestatementFinder;
  readonly clock: Clock;
  readonly log: Log;
}

/** Asks the vendor for one window, stores what it brings, and only then notes what is known of it. */
export class WindowAsker {
  readonly #parts: WindowAskerParts;
  readonly #issueSeen = new Set<string>();
  /** Ids by the vendor's id, as long as nothing was renamed. */
  #idBySerial = new Map<string, string>();
  #renamings = Number.NaN;

  constructor(parts: WindowAskerParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with how many readings were stored. Aborting rejects with the signal's reason, and then nothing is noted.
   *
   * @param looksAgain whether what the window brings is compared with what is held
   * @throws VendorError, of which the caller notes what it means
   */
  async ask(window: HistoryWindow, lane: Lane, looksAgain: boolean, signal: AbortSignal): Promise<number> {
    const { client, past } = this.#parts;
    const answer = await client.readHistory(window, { lane, signal });
    this.#sayIssues(answer);
    const devices = this.devicesOf(window);
    if (looksAgain) {
      const found = this.#placed(window, devices, answer.readings);
      await this.#whenStorageAnswers(signal, () => this.#parts.restatements.find(window, found));
    }
    const stored = await this.#whenStorageAnswers(signal, async () => {
      // Made anew for each attempt: a metric may be deleted while storage is waited for.
      const readings = this.#placed(window, devices, answer.readings);
      await this.#parts.pipeline.acceptHistory(columnsOf(readings));
      return readings;
    });
    past.noteAnswer(window, devices, stored, answer.refused);
    return stored.length;
  }

  /** The devices of a window as they are now; one that was deleted since is none. */
  devicesOf({ devices }: HistoryWindow): PastDevice[] {
    const { past, directory, deviceIds } = this.#parts;
    if (this.#renamings !== directory.renamings) {
      this.#renamings = directory.renamings;
      this.#idBySerial = new Map(deviceIds.map((id) => [directory.device(id)?.serialNumber ?? "", id]));
    }
    return past.devices(devices.flatMap((serial) => this.#idBySerial.get(serial) ?? []));
  }

  /** What lies in the window and belongs to a metric that the device still has. */
  #placed(window: HistoryWindow, devices: readonly PastDevice[], readings: readonly VendorReading[]): PlacedReading[] {
    const { directory } = this.#parts;
    const idOf = new Map(devices.map(({ serial, id }) => [serial, id]));
    const placed: PlacedReading[] = [];
    for (const reading of readings) {
      if (reading.timeMs < window.fromMs || reading.timeMs >= window.toMs) continue;
      const owner = directory.ofDevice(idOf.get(reading.device) ?? "", reading.metric.name);
      if (owner) placed.push({ ...reading, series: owner.series });
    }
    return placed;
  }

  /** The vendor's budget for the answer is spent, so it is worth waiting for storage. */
  async #whenStorageAnswers<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { clock, log, name } = this.#parts;
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StorageUnavailable)) throw error;
        if (attempt === 0) log.warn({ connection: name, reason: error.message }, "history waits for storage");
        await clock.sleepUntil(clock.monotonicMs() + error.retryAfterS * 1_000, signal);
      }
    }
  }

  /** Says each device's trouble in the log once per kind. */
  #sayIssues({ issues }: HistoryAnswer): void {
    const { log, name } = this.#parts;
    for (const issue of issues) {
      const key = `${issue.kind} ${issue.device}`;
      if (this.#issueSeen.has(key) || this.#issueSeen.size >= ISSUES_SAID_MAX) continue;
      this.#issueSeen.add(key);
      log.warn({ connection: name, ...issue }, "a value of this device's past could not be used");
    }
  }
}

/** Kinds of trouble, of devices, that are said; a vendor may name devices that nobody asked for, without end. */
const ISSUES_SAID_MAX = 1_000;

function columnsOf(readings: readonly PlacedReading[]): ReadingColumns {
  const builder = new ReadingColumnsBuilder();
  for (const { series, timeMs, value, quality } of readings) builder.push(series, timeMs, value, quality);
  return builder.finish();
}
