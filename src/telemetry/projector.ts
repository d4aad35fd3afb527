import type { Clock } from "../domain/clock.ts";
import { StorageUnavailable } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { Checkpoints, type CheckpointTarget, type DayMarks } from "./checkpoints.ts";
import { EngineUnavailable, type ReadingEngine } from "./engine.ts";
import { discardBatch } from "./journal/batch-codec.ts";
import type { LatestReadings } from "./latest.ts";
import type { EncodedBatch } from "./sql/connection.ts";
import { tracePoint } from "./trace.ts";

/** Readings of one insert, unless a single batch holds more. */
export const INSERT_READINGS_MAX = 500_000;
/** So many readings need no more company: each insert is a part on disk that must be merged later. */
export const INSERT_READINGS_ENOUGH = 250_000;
/** How long committed readings wait for company while nobody asks for them, ms. */
export const GATHER_MS = 1_000;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 1_000;
const RETRY_AFTER_S = 2;

/** What the projector needs of the journal. */
export interface BatchQueue extends CheckpointTarget {
  readonly lastSeq: number;
  readonly storedReadings: number;
  read(afterSeq: number, readingsMax: number): Promise<readonly EncodedBatch[]>;
  /** Batches up to `seq` are not read again; their memory is about to be given back. */
  release(seq: number): void;
}

export interface ProjectorOptions {
  readonly journal: BatchQueue;
  readonly engine: Pick<ReadingEngine, "insert">;
  readonly latest: LatestReadings;
  readonly dirtyDays: DayMarks;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings committed batches into the engine, in order, in large inserts; what fails is tried again until it succeeds. */
export class Projector {
  readonly #journal: BatchQueue;
  readonly #engine: Pick<ReadingEngine, "insert">;
  readonly #dirtyDays: DayMarks;
  readonly #checkpoints: Checkpoints;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stopped = new AbortController();
  #news = Promise.withResolvers<void>();
  readonly #waiters = new Set<{ readonly seq: number; readonly reached: (inTime: true) => void }>();
  #wantedSeq = 0;
  /** Batches up to it were handed to the engine. */
  #sentSeq = 0;
  /** Batches up to it are in the engine. */
  #projectedSeq = 0;
  /** Readings that are in the journal and were not handed to the engine. */
  #unsentReadings: number;
  /** Readings that were handed to the engine and are not known to be in it. */
  #sentReadings = 0;
  #lastSent: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #trouble = "";
  #running: Promise<void> | null = null;

  constructor(options: ProjectorOptions) {
    this.#journal = options.journal;
    this.#engine = options.engine;
    this.#dirtyDays = options.dirtyDays;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#checkpoints = new Checkpoints(options);
    this.#unsentReadings = options.journal.storedReadings;
  }

  /** Why the last insert failed, as a sentence; empty when none has since one succeeded. */
  get trouble(): string {
    return this.#trouble;
  }

  /** Batches up to it are in the engine. */
  get projectedSeq(): number {
    return this.#projectedSeq;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that the journal has more. */
  committed({ rows }: EncodedBatch): void {
    this.#unsentReadings += rows;
    this.#news.resolve();
  }

  /**
   * Resolves once every batch up to `throughSeq` is in the engine.
   * @throws StorageUnavailable when that is not so by `untilMonotonicMs`.
   */
  async flush(throughSeq: number, untilMonotonicMs: number): Promise<void> {
    if (throughSeq <= this.#projectedSeq) return;
    this.#wantedSeq = Math.max(this.#wantedSeq, throughSeq);
    this.#news.resolve();
    const reached = Promise.withResolvers<true>();
    const waiter = { seq: throughSeq, reached: reached.resolve };
    this.#waiters.add(waiter);
    const cut = new AbortController();
    const tooLate = this.#clock.sleepUntil(untilMonotonicMs, cut.signal).then(
      () => false,
      () => false,
    );
    const inTime = await Promise.race([reached.promise, tooLate]);
    cut.abort();
    this.#waiters.delete(waiter);
    if (!inTime) {
      throw new StorageUnavailable("The telemetry engine has not yet taken the newest readings.", RETRY_AFTER_S);
    }
  }

  /** Takes from the journal what the engine has, where an earlier try has failed. */
  checkpoint(): void {
    if (this.#projectedSeq > 0) this.#checkpoints.reached(this.#projectedSeq, true);
  }

  /** Ends after the insert that is under way. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#news.resolve();
    await this.#running;
    await this.#checkpoints.settled();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      if (this.#journal.lastSeq <= this.#sentSeq) await this.#nextNews();
      else {
        await this.#gather();
        await this.#project();
      }
    }
  }

  async #nextNews(): Promise<void> {
    await this.#news.promise;
    this.#news = Promise.withResolvers();
  }

  async #gather(): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + GATHER_MS;
    while (!this.#isUrgent() && this.#clock.monotonicMs() < untilMs) {
      const cut = new AbortController();
      const waited = this.#clock.sleepUntil(untilMs, cut.signal).catch(() => {});
      await Promise.race([waited, this.#nextNews()]);
      cut.abort();
    }
  }

  #isUrgent(): boolean {
    return (
      this.#stopped.signal.aborted || this.#wantedSeq > this.#sentSeq || this.#unsentReadings >= INSERT_READINGS_ENOUGH
    );
  }

  /** Sends inserts until little is left. A full one is sent while its predecessor is under way, so that the engine always has work. */
  async #project(): Promise<void> {
    let underway = Promise.resolve();
    try {
      do {
        // A small one waits for its predecessor, and grows meanwhile.
        if (this.#unsentReadings < INSERT_READINGS_MAX) await underway;
        if (this.#stopped.signal.aborted) break;
        const batches = await this.#journal.read(this.#sentSeq, INSERT_READINGS_MAX);
        if (batches.length === 0) break;
        const inserted = this.#insert(batches, underway);
        await underway;
        underway = inserted;
      } while (this.#isUrgent());
      await underway;
    } catch (error) {
      await this.#lastSent;
      this.#sentSeq = this.#projectedSeq;
      this.#unsentReadings += this.#sentReadings;
      this.#sentReadings = 0;
      await this.#backOff(error);
      return;
    }
    if (this.#failures > 0) this.#log.info({ attempts: this.#failures }, "The telemetry engine takes readings again.");
    this.#failures = 0;
    this.#trouble = "";
  }

  /** Sends an insert now; resolves once it and `before` are done. */
  #insert(batches: readonly EncodedBatch[], before: Promise<void>): Promise<void> {
    const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
    const throughSeq = batches.at(-1)?.seq ?? this.#sentSeq;
    const sent = this.#engine.insert(batches);
    tracePoint("projection.sent");
    this.#sentSeq = throughSeq;
    this.#sentReadings += rows;
    this.#unsentReadings -= rows;
    const inserted = (async () => {
      await before;
      const touched = await sent;
      tracePoint("projection.inserted");
      // Before anybody can know that the readings are there: a reader who sees them must not trust these days' rollups.
      this.#dirtyDays.mark(touched);
      this.#projectedSeq = throughSeq;
      this.#sentReadings -= rows;
      this.#journal.release(throughSeq);
      for (const { encoded } of batches) discardBatch(encoded);
      for (const { seq, reached } of this.#waiters) if (seq <= throughSeq) reached(true);
      this.#checkpoints.reached(throughSeq, this.#sentReadings + this.#unsentReadings === 0);
    })();
    // Whoever waits for it learns how it went; nobody may be waiting yet.
    this.#lastSent = Promise.allSettled([sent, inserted]);
    return inserted;
  }

  async #backOff(error: unknown): Promise<void> {
    // A restart of the engine is said by the engine itself; anything else is said here, once.
    if (this.#failures === 0 && !(error instanceof EngineUnavailable)) {
      this.#log.error({ err: error }, "The telemetry engine did not take readings; they stay in the journal.");
    }
    this.#trouble = `The telemetry engine does not take readings: ${(error as Error).message}`;
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    this.#failures++;
    await this.#clock.sleepUntil(this.#clock.monotonicMs() + delayMs, this.#stopped.signal).catch(() => {});
  }
}
