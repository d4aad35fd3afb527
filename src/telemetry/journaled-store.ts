import type { Clock } from "../domain/clock.ts";
import { InvalidInput, StorageUnavailable } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import type { LatestReading, ReadingColumns } from "../domain/reading.ts";
import { EngineUnavailable, type ReadingEngine } from "./engine.ts";
import { checkBatch, checkRawQuery, checkStepsQuery } from "./input-checks.ts";
import { BatchDamaged } from "./journal/batch-codec.ts";
import { journalDamaged } from "./journal/database.ts";
import { Journal } from "./journal/journal.ts";
import { LatestReadings } from "./latest.ts";
import { INSERT_READINGS_MAX, Projector } from "./projector.ts";
import type { RawPage, RawQuery, StepColumns, StepsQuery, TelemetryHealth, TelemetryStore } from "./store.ts";

/** How long a read waits for an engine that is down or has not yet taken the newest readings, ms. */
export const READ_WAIT_MS = 5_000;
/** How long `close` waits for the engine to take what is journalled, ms; the rest is taken after the next start. */
const CLOSE_FLUSH_MS = 5_000;
const READ_RETRY_MS = 50;
const RETRY_AFTER_S = 2;

export interface JournaledStoreOptions {
  readonly journalPath: string;
  /** Called once the journal is this process's own, so that no second process reaches the engine's files. */
  readonly openEngine: () => ReadingEngine;
  readonly clock: Clock;
  readonly log: Log;
  readonly journalBytesMax?: number;
  readonly queueReadingsMax?: number;
}

/** A journal in front of an engine: an append is as fast as one write to disk, and a read sees all that was acked before it. */
export class JournaledStore implements TelemetryStore {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #latest = new LatestReadings();
  readonly #engine: ReadingEngine;
  readonly #projector: Projector;
  #closing: Promise<void> | null = null;

  /** @throws StartupError when the journal is in use, damaged or cannot be opened. */
  constructor(options: JournaledStoreOptions) {
    const { clock, log, journalPath } = options;
    this.#clock = clock;
    this.#journal = new Journal({
      path: journalPath,
      nowMs: clock.nowMs(),
      log,
      ...(options.journalBytesMax === undefined ? {} : { bytesMax: options.journalBytesMax }),
      ...(options.queueReadingsMax === undefined ? {} : { queueReadingsMax: options.queueReadingsMax }),
      onCommitted: ({ seq, columns, receivedAtMs }) => {
        this.#latest.apply(seq, columns, receivedAtMs);
        this.#projector.committed();
      },
    });
    let engine: ReadingEngine | undefined;
    try {
      // The engine starts in its own process while the journal is read in this one.
      engine = options.openEngine();
      restoreLatest(this.#journal, this.#latest);
    } catch (error) {
      void engine?.close();
      void this.#journal.close();
      throw error instanceof BatchDamaged ? journalDamaged(journalPath, error.message, error) : error;
    }
    this.#engine = engine;
    this.#projector = new Projector({ journal: this.#journal, engine: this.#engine, latest: this.#latest, clock, log });
    this.#projector.start();
  }

  async append(batch: ReadingColumns, receivedAtMs: number): Promise<void> {
    if (this.#closing) throw new StorageUnavailable("The store is closing.", RETRY_AFTER_S);
    if (batch.length === 0) return;
    checkBatch(batch);
    await this.#journal.append(batch, receivedAtMs);
  }

  latest(series: number): LatestReading | undefined {
    return this.#latest.get(series);
  }

  async readRaw(query: RawQuery): Promise<RawPage> {
    checkRawQuery(query);
    if (query.series.length === 0 || query.fromMs >= query.toMs) return { columns: NO_READINGS, next: null };
    return this.#read(query.series, () => this.#engine.readRaw(query));
  }

  async readSteps(query: StepsQuery): Promise<StepColumns> {
    checkStepsQuery(query);
    if (query.series.length === 0 || query.fromMs >= query.toMs) return NO_STEPS;
    return this.#read(query.series, () => this.#engine.readSteps(query));
  }

  health(): TelemetryHealth {
    const pendingReadings = this.#journal.storedReadings;
    this.#journal.probe();
    if (this.#journal.refusal) return { state: "full", detail: this.#journal.refusal, pendingReadings };
    const engine = this.#engine.state();
    if (!engine.ready) return { state: "recovering", detail: engine.detail, pendingReadings };
    if (this.#projector.trouble) return { state: "recovering", detail: this.#projector.trouble, pendingReadings };
    return { state: "ready", detail: "", pendingReadings };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#journal.settled();
    if (this.#engine.state().ready) {
      // What does not get there in time is in the journal, and is taken after the next start.
      await this.#projector.flush(this.#journal.lastSeq, this.#clock.monotonicMs() + CLOSE_FLUSH_MS).catch(() => {});
    }
    await this.#projector.stop();
    await this.#engine.close();
    await this.#journal.close();
  }

  async #read<T>(series: readonly number[], ask: () => Promise<T>): Promise<T> {
    const untilMs = this.#clock.monotonicMs() + READ_WAIT_MS;
    // Only batches that hold one of these series must be there; a busy fleet's other readings may still wait for company.
    const throughSeq = series.reduce((newest, each) => Math.max(newest, this.#latest.lastSeq(each)), 0);
    await this.#projector.flush(throughSeq, untilMs);
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (error instanceof InvalidInput) throw error;
        if (!(error instanceof EngineUnavailable) || this.#clock.monotonicMs() + READ_RETRY_MS > untilMs) {
          throw new StorageUnavailable("The telemetry engine cannot answer now.", RETRY_AFTER_S, { cause: error });
        }
      }
      await this.#clock.sleepUntil(this.#clock.monotonicMs() + READ_RETRY_MS);
    }
  }
}

const NO_READINGS: ReadingColumns = {
  length: 0,
  series: new Uint32Array(0),
  timesMs: new Float64Array(0),
  values: new Float64Array(0),
  qualities: new Uint8Array(0),
};

const NO_STEPS: StepColumns = {
  length: 0,
  series: new Uint32Array(0),
  startsMs: new Float64Array(0),
  values: new Float64Array(0),
  counts: new Float64Array(0),
};

/** What was saved, and over it, in order, the batches that were not yet taken away: the newest of both, as before the restart. */
function restoreLatest(journal: Journal, latest: LatestReadings): void {
  for (const row of journal.latest()) latest.restore(row);
  for (let seq = 0; ; ) {
    const batches = journal.read(seq, INSERT_READINGS_MAX);
    for (const batch of batches) latest.apply(batch.seq, batch.columns, batch.receivedAtMs);
    const last = batches.at(-1);
    if (!last) return;
    seq = last.seq;
  }
}
