import type { Clock } from "../domain/clock.ts";
import { StorageUnavailable } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import type { LatestReading, ReadingColumns } from "../domain/reading.ts";
import { NO_POINTS, NO_READINGS, NO_STEPS, NOTHING_ACROSS } from "./empty-answers.ts";
import type { ReadingEngine } from "./engine.ts";
import { EngineWait, RETRY_AFTER_S } from "./engine-wait.ts";
import { checkBatch, checkDownsampledQuery, checkRange, checkRawQuery, checkStepsQuery } from "./input-checks.ts";
import { BatchDamaged, columnsOf } from "./journal/batch-codec.ts";
import { journalDamaged } from "./journal/database.ts";
import { Journal } from "./journal/journal.ts";
import { type Keeping, keepingNothing, type OpenKeeping } from "./keeping.ts";
import { LatestReadings } from "./latest.ts";
import { deletedBy } from "./lifecycle/deleted.ts";
import { Deletions } from "./lifecycle/deletions.ts";
import { diskUseOf } from "./lifecycle/disk-use.ts";
import { Horizons } from "./lifecycle/horizons.ts";
import { Retention, savedPolicy } from "./lifecycle/retention.ts";
import { PendingTimes } from "./pending-times.ts";
import { Projector } from "./projector.ts";
import { restoreLatest } from "./restore-latest.ts";
import { DirtyDays } from "./rollups/dirty-days.ts";
import type { RollupLedger } from "./rollups/ledger.ts";
import {
  type AcrossColumns,
  type AcrossQuery,
  type DeletionRequest,
  type DiskUse,
  type DownsampledQuery,
  GAP_MS_MAX,
  type PointColumns,
  type RawPage,
  type RawQuery,
  type RetentionClasses,
  type RetentionPolicy,
  type RetentionReport,
  type StepColumns,
  type StepsQuery,
  type TelemetryHealth,
  type TelemetryStore,
  type TimeWindow,
} from "./store.ts";

/** How long `close` waits for the engine to take what is journalled, ms; the rest is taken after the next start. */
const CLOSE_FLUSH_MS = 5_000;

interface StoreParts {
  readonly clock: Clock;
  readonly wait: EngineWait;
  readonly journal: Journal;
  readonly path: string;
  readonly latest: LatestReadings;
  readonly engine: ReadingEngine;
  readonly keeping: Keeping;
  readonly projector: Projector;
  readonly pendingTimes: PendingTimes;
  readonly horizons: Horizons;
  readonly deletions: Deletions;
  readonly retention: Retention;
}

export interface JournaledStoreOptions {
  readonly journalPath: string;
  /** Called once the journal is this process's own, so that no second process reaches the engine's files. */
  readonly openEngine: () => ReadingEngine;
  /** For an engine that may lose what it has answered for; batches leave the journal at once unless told. */
  readonly openKeeping?: OpenKeeping;
  readonly clock: Clock;
  readonly log: Log;
  readonly journalBytesMax?: number;
  readonly queueReadingsMax?: number;
  readonly readWaitMs?: number;
}

/** A journal in front of an engine: an append is as fast as one write to disk, and a read sees all that was acked before it. */
export class JournaledStore implements TelemetryStore {
  readonly #clock: Clock;
  readonly #wait: EngineWait;
  readonly #journal: Journal;
  readonly #latest: LatestReadings;
  readonly #engine: ReadingEngine;
  readonly #keeping: Keeping;
  readonly #projector: Projector;
  readonly #pendingTimes: PendingTimes;
  readonly #path: string;
  readonly #horizons: Horizons;
  readonly #deletions: Deletions;
  readonly #retention: Retention;
  #closing: Promise<void> | null = null;

  /** @throws StartupError when the journal is in use, damaged or cannot be opened. */
  static async open(options: JournaledStoreOptions): Promise<JournaledStore> {
    const { clock, log, journalPath: path, journalBytesMax: bytesMax, queueReadingsMax } = options;
    const latest = new LatestReadings();
    const dirtyDays = new DirtyDays(() => clock.monotonicMs());
    let projector: Projector | undefined;
    let pendingTimes: PendingTimes | undefined;
    let deletions: Deletions | undefined;
    const journal = await Journal.open({
      path,
      clock,
      log,
      ...(bytesMax !== undefined && { bytesMax }),
      ...(queueReadingsMax !== undefined && { queueReadingsMax }),
      onCommitted: (batch) => {
        // None comes before a deletion that is known, but for one that the journal's thread died before telling of.
        const isDeleted = deletedBy(journal.listDeletions().filter(({ seq }) => seq > batch.seq));
        const columns = columnsOf(batch.encoded);
        latest.apply(batch.seq, columns, batch.receivedAtMs, isDeleted);
        pendingTimes?.add(batch.seq, columns.timesMs, projector?.projectedSeq ?? 0);
        projector?.committed(batch);
      },
      onDeletion: (deletion) => deletions?.added(deletion),
    });
    pendingTimes = new PendingTimes(journal.lastSeq);
    let engine: ReadingEngine | undefined;
    try {
      // The engine starts in its own process while the journal is read in this one.
      engine = options.openEngine();
      dirtyDays.restore(await journal.dirtyDays());
      await restoreLatest(journal, latest);
    } catch (error) {
      await Promise.all([engine?.close(), journal.close()]);
      throw error instanceof BatchDamaged ? journalDamaged(path, error.message, error) : error;
    }
    const ledger: RollupLedger = {
      saveDays: (days) => journal.checkpoint({ latest: latest.takeUnsaved(0), dirtyDays: days, throughSeq: 0 }),
      removeDays: (days) => journal.removeDirtyDays(days),
      setting: (name) => journal.setting(name),
      setSetting: (name, value) => journal.setSetting(name, value),
    };
    const keeping = (options.openKeeping ?? keepingNothing)(journal, ledger, dirtyDays);
    const horizons = new Horizons(keeping.ledger);
    let policy: RetentionPolicy;
    try {
      await horizons.restore();
      policy = await savedPolicy(journal);
    } catch (error) {
      await Promise.all([engine.close(), journal.close()]);
      throw error;
    }
    engine.startRollups({
      dirtyDays,
      ledger: keeping.ledger,
      hidden: () => journal.listDeletions(),
      horizons,
      pendingReadings: () => keeping.queue.storedReadings,
      clock,
      log,
    });
    projector = new Projector({ journal: keeping.queue, engine, latest, dirtyDays, clock, log });
    const parts = { journal, latest, engine, keeping, projector, pendingTimes, dirtyDays, horizons, clock, log };
    deletions = new Deletions(parts);
    const wait = new EngineWait(clock, options.readWaitMs);
    return new JournaledStore({ ...parts, wait, path, deletions, retention: new Retention(parts, policy) });
  }

  private constructor(parts: StoreParts) {
    this.#clock = parts.clock;
    this.#wait = parts.wait;
    this.#journal = parts.journal;
    this.#path = parts.path;
    this.#latest = parts.latest;
    this.#engine = parts.engine;
    this.#keeping = parts.keeping;
    this.#projector = parts.projector;
    this.#pendingTimes = parts.pendingTimes;
    this.#horizons = parts.horizons;
    this.#deletions = parts.deletions;
    this.#retention = parts.retention;
    this.#projector.start();
    this.#deletions.start();
  }

  /** Says which series are of which class: retention begins with it, and rolling up if something was removed before. */
  classify(classes: RetentionClasses): void {
    this.#retention.start(classes);
  }

  /** Resolves once it is known which readings are the latest, where deletions of before the start have left it open; or after some seconds. */
  latestKnown(): Promise<void> {
    return this.#deletions.latestKnown();
  }

  async append(batch: ReadingColumns, receivedAtMs: number): Promise<void> {
    if (this.#closing) throw new StorageUnavailable("The store is closing.", RETRY_AFTER_S);
    if (batch.length === 0) return;
    checkBatch(batch);
    this.#horizons.check(batch);
    await this.#journal.append(batch, receivedAtMs);
  }

  latest(series: number): LatestReading | undefined {
    return this.#latest.get(series);
  }

  async readRaw(query: RawQuery): Promise<RawPage> {
    checkRawQuery(query);
    if (query.series.length === 0 || query.fromMs >= query.toMs) return { columns: NO_READINGS, next: null };
    return this.#read(query, () => this.#engine.readRaw(query));
  }

  async readSteps(query: StepsQuery): Promise<StepColumns> {
    checkStepsQuery(query);
    if (query.series.length === 0 || query.fromMs >= query.toMs) return NO_STEPS;
    return this.#read(query, () => this.#engine.readSteps(query));
  }

  async readAcross(query: AcrossQuery): Promise<AcrossColumns> {
    checkStepsQuery(query);
    if (query.series.length === 0 || query.fromMs >= query.toMs) return NOTHING_ACROSS;
    return this.#read(query, () => this.#engine.readAcross(query));
  }

  async readDownsampled(query: DownsampledQuery): Promise<PointColumns> {
    checkDownsampledQuery(query);
    if (query.series.length === 0 || query.fromMs >= query.toMs) return NO_POINTS;
    return this.#read(query, () => this.#engine.readDownsampled(query));
  }

  async deleteReadings(deletion: DeletionRequest): Promise<void> {
    if (this.#closing) throw new StorageUnavailable("The store is closing.", RETRY_AFTER_S);
    checkRange(deletion);
    if (deletion.series.length > 0 && deletion.fromMs < deletion.toMs) await this.#deletions.delete(deletion);
  }

  retention(): RetentionReport {
    return this.#retention.report();
  }

  removableBefore(days: number): number {
    return this.#retention.cut(days);
  }

  async setRetention(policy: RetentionPolicy): Promise<void> {
    await this.#retention.setPolicy(policy);
  }

  async diskUse(): Promise<DiskUse> {
    return diskUseOf(await this.#wait.ask(() => this.#engine.upkeep.usage()), this.#path);
  }

  /** Rolls up all that was appended before the call, quiet or not; for tests and measurements. @throws StorageUnavailable, EngineUnavailable */
  async rollAll(): Promise<void> {
    await this.#journal.settled();
    await this.#projector.flush(this.#journal.lastSeq, this.#wait.untilMs());
    await this.#engine.rollAll();
  }

  health(): TelemetryHealth {
    const pendingReadings = this.#keeping.queue.storedReadings;
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
    await Promise.all([this.#deletions.stop(), this.#retention.stop(), this.#keeping.close(), this.#engine.close()]);
    await this.#journal.close();
  }

  async #read<T>(
    { series, fromMs, toMs }: TimeWindow & { readonly series: readonly number[] },
    ask: () => Promise<T>,
  ): Promise<T> {
    const untilMs = this.#wait.untilMs();
    // Only batches that hold readings of these series and about these times must be there; all others may wait for company.
    const newestSeq = series.reduce((newest, each) => Math.max(newest, this.#latest.lastSeq(each)), 0);
    const around = { fromMs: fromMs - GAP_MS_MAX, toMs: toMs + GAP_MS_MAX };
    await this.#projector.flush(this.#pendingTimes.newestWithin(around, newestSeq), untilMs);
    return this.#wait.ask(ask, untilMs);
  }
}
