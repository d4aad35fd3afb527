import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Clock } from "../../domain/clock.ts";
import type { Connection } from "../../domain/connection.ts";
import type { Device } from "../../domain/device.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { IngestPipeline } from "../../ingest/pipeline.ts";
import {
  type HistoryLimits,
  type HistoryReader,
  type HistoryWindow,
  VendorAddressRefused,
  VendorAuthRejected,
  VendorError,
  type VendorLimits,
  VendorRateLimited,
} from "../../vendors/vendor.ts";
import type { CoverageLedger } from "../ledger/coverage-ledger.ts";
import { JobSource } from "./job-source.ts";
import { PastCoverage } from "./past-coverage.ts";
import { REPAIR_LOOK_EVERY_MS, Repair } from "./repair.ts";
import { type HeldReadings, RestatementFinder } from "./restatement-finder.ts";
import { SecondLookSource } from "./second-look-source.ts";
import { VendorPatience } from "./vendor-patience.ts";
import { WindowAsker } from "./window-asker.ts";
import type { WindowSource } from "./window-source.ts";

/** Windows that may be under way at once: as many as a vendor's budget allows in this time, an answer being no slower than that. */
const ANSWER_MS_MAX = 1_000;
/** Their least and greatest number; each may hold an answer of some MB. */
export const WINDOWS_OPEN = { least: 4, most: 64 } as const;

export function windowsOpenMax({ budgets }: Pick<VendorLimits, "budgets">): number {
  const inTime = budgets.map(({ requests, perMs }) => Math.ceil((requests / perMs) * ANSWER_MS_MAX));
  return Math.min(WINDOWS_OPEN.most, Math.max(WINDOWS_OPEN.least, Math.min(...inTime)));
}

export interface HistoryWorkerParts {
  readonly connection: Connection;
  readonly devices: readonly Pick<Device, "id" | "createdAtMs">[];
  /** The connection's own, so that it spends the same budget; whoever gave it closes it. */
  readonly client: HistoryReader;
  readonly history: HistoryLimits;
  readonly limits: VendorLimits;
  /** From one poll of a device to the next, ms. */
  readonly liveEveryMs: number;
  readonly catalogue: Pick<Catalogue, "directory" | "backfillJobs" | "restatements">;
  readonly pipeline: Pick<IngestPipeline, "acceptHistory">;
  readonly ledger: CoverageLedger;
  readonly held: HeldReadings;
  /** Numbers the connection's requests, as the ledger has them. */
  readonly nextRequest: () => number;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random?: (() => number) | undefined;
}

/** What has come of asking for the past so far. */
export interface HistoryCounts {
  readonly windows: number;
  /** Of them those of which nothing came. */
  readonly failedWindows: number;
  readonly readings: number;
}

/**
 * Brings what a connection lacks of the past: first gaps of the last days, then second looks at what its vendor may have changed, then imports.
 * The values of now go before all of them, in the limiter.
 */
export class HistoryWorker {
  readonly #parts: HistoryWorkerParts;
  readonly #past: PastCoverage;
  readonly #asker: WindowAsker;
  readonly #secondLooks: SecondLookSource;
  readonly #jobs: JobSource;
  /** The most urgent first. */
  readonly #sources: readonly WindowSource[];
  readonly #patience: VendorPatience;
  readonly #stop = new AbortController();
  readonly #open = new Set<Promise<void>>();
  #rest = new AbortController();
  #running: Promise<void> | null = null;
  #fault: unknown = null;
  #counts = { windows: 0, failedWindows: 0, readings: 0 };

  constructor(parts: HistoryWorkerParts) {
    this.#parts = parts;
    const { catalogue, clock, connection, history, ledger, limits, liveEveryMs } = parts;
    const { directory } = catalogue;
    const deviceIds = parts.devices.map(({ id }) => id);
    const past = new PastCoverage({ history, directory, ledger, clock, nextRequest: parts.nextRequest });
    this.#past = past;
    this.#asker = new WindowAsker({
      ...parts,
      name: connection.name,
      past,
      deviceIds,
      directory,
      restatements: new RestatementFinder({ held: parts.held, ledger, restatements: catalogue.restatements, clock }),
    });
    this.#secondLooks = new SecondLookSource({ past, deviceIds, limits, clock });
    this.#jobs = new JobSource({ connectionId: connection.id, past, deviceIds, jobs: catalogue.backfillJobs, clock });
    this.#sources = [new Repair({ past, devices: parts.devices, liveEveryMs, clock }), this.#secondLooks, this.#jobs];
    this.#patience = new VendorPatience(clock, parts.random ?? Math.random);
  }

  get counts(): HistoryCounts {
    return { ...this.#counts };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** A person has made, paused, resumed or cancelled an import of this connection. */
  lookAtJobs(): void {
    this.#jobs.lookAnew();
    this.#rest.abort(STIRRED);
  }

  /** Ends what is open, waits until what it brought is stored or given up, and writes how far the imports are. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException("The import of history stops.", "AbortError"));
    this.#rest.abort(STIRRED);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, connection } = this.#parts;
    while (!this.#stop.signal.aborted && this.#fault === null) {
      try {
        // Whatever happens from here on wakes the rest that follows.
        this.#rest = new AbortController();
        await this.#openWindows();
        await this.#sleep(Math.max(this.#patience.untilMs, this.#againAtMs()));
      } catch (error) {
        if (error instanceof StorageUnavailable) await this.#waitForStorage(error);
        else this.#fault = error;
      }
    }
    if (this.#fault !== null) this.#stop.abort(this.#fault);
    await Promise.all(this.#open);
    try {
      if (this.#fault !== null) await this.#sayFault(this.#fault);
      await this.#jobs.writeProgress();
    } catch (error) {
      log.warn({ connection: connection.name, err: error }, "how far the imports are could not be written");
    }
  }

  async #sayFault(fault: unknown): Promise<void> {
    const { log, connection } = this.#parts;
    if (fault instanceof VendorAuthRejected) {
      log.warn({ connection: connection.name, reason: fault.message }, "the vendor refuses to tell its past");
      await this.#jobs.explainAll(fault.message);
    } else {
      // Whatever this is, it is a fault of ours: it must be seen, and it must not take the server with it.
      log.error({ connection: connection.name, err: fault }, "history stopped by an unexpected error");
      await this.#jobs.explainAll("It stopped because of an internal error; see the log, and restart the server.");
    }
  }

  /** Opens as many windows as there may be, the most urgent first. */
  async #openWindows(): Promise<void> {
    const openMax = windowsOpenMax(this.#parts.limits);
    for (const source of this.#sources) {
      while (this.#open.size < this.#patience.openMax(openMax) && !this.#stop.signal.aborted) {
        const window = await source.next();
        if (!window) break;
        const asking: Promise<void> = this.#ask(window, source)
          .catch((error: unknown) => {
            if (!this.#stop.signal.aborted) this.#fault ??= error;
          })
          .finally(() => {
            this.#open.delete(asking);
            this.#rest.abort(STIRRED);
          });
        this.#open.add(asking);
      }
    }
  }

  async #ask(window: HistoryWindow, source: WindowSource): Promise<void> {
    const { lane } = source;
    let readings: number;
    try {
      readings = await this.#asker.ask(window, lane, source === this.#secondLooks, this.#stop.signal);
    } catch (error) {
      if (!(error instanceof VendorError) || error instanceof VendorAuthRejected) throw error;
      await this.#failed(window, source, error);
      return;
    }
    this.#patience.answered();
    this.#counts.windows++;
    this.#counts.readings += readings;
    this.#past.release(window);
    await this.#told(source, window, { readings, failed: false });
  }

  async #failed(window: HistoryWindow, source: WindowSource, error: VendorError): Promise<void> {
    // Nobody was asked: it says nothing of the window.
    if (error instanceof VendorRateLimited || error instanceof VendorAddressRefused) {
      const { clock } = this.#parts;
      if (error instanceof VendorRateLimited) this.#patience.waitFor(error.retryAtMs - clock.nowMs());
      else this.#patience.barred();
      source.giveBack(window);
      return;
    }
    this.#patience.failed();
    this.#counts.windows++;
    this.#counts.failedWindows++;
    // What is held stays held when a second look at it fails.
    if (source !== this.#secondLooks) this.#past.noteFailure(window, this.#asker.devicesOf(window));
    this.#past.release(window);
    await this.#told(source, window, { readings: 0, failed: true });
  }

  /** The window is noted: if its count cannot be written now, it will be with the next. */
  async #told(
    source: WindowSource,
    window: HistoryWindow,
    outcome: { readings: number; failed: boolean },
  ): Promise<void> {
    try {
      await source.asked(window, outcome);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
    }
  }

  /** Monotonic ms at which there may be something to ask for, if nothing happens before. */
  #againAtMs(): number {
    return Math.min(...this.#sources.map(({ againAtMs }) => againAtMs));
  }

  async #sleep(untilMs: number): Promise<void> {
    const rest = this.#rest.signal;
    // Full: only an end makes room, and it stirs.
    const isFull = this.#open.size >= this.#patience.openMax(windowsOpenMax(this.#parts.limits));
    const { clock } = this.#parts;
    const wakesAtMs = isFull && this.#open.size > 0 ? clock.monotonicMs() + REPAIR_LOOK_EVERY_MS : untilMs;
    await clock.sleepUntil(wakesAtMs, rest).catch((error: unknown) => {
      if (!rest.aborted) throw error;
    });
  }

  async #waitForStorage({ retryAfterS }: StorageUnavailable): Promise<void> {
    const { clock } = this.#parts;
    const stop = this.#stop.signal;
    await clock.sleepUntil(clock.monotonicMs() + retryAfterS * 1_000, stop).catch((error: unknown) => {
      if (!stop.aborted) throw error;
    });
  }
}

/** Ends a rest; made once, since making an error is not cheap. */
const STIRRED = new Error("there is something to do");
