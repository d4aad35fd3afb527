import type { Clock } from "../domain/clock.ts";
import { StorageUnavailable } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { EngineUnavailable, type ReadingEngine, type VersionedReadings } from "./engine.ts";
import type { JournalledBatch } from "./journal/journal.ts";
import type { LatestReadings, LatestRow } from "./latest.ts";

/** Readings that one insert holds. */
export const INSERT_READINGS_MAX = 200_000;
/** How long committed readings wait for company while nobody asks for them, ms: each insert is a part on disk that must be merged later. */
export const GATHER_MS = 1_000;
/** Latest readings saved in one transaction, so that the event loop is not held for long. */
const LATEST_ROWS_PER_SAVE = 2_000;
const RETRY_FIRST_MS = 50;
const RETRY_MAX_MS = 1_000;
const RETRY_AFTER_S = 2;

/** What the projector needs of the journal. */
export interface BatchQueue {
  readonly lastSeq: number;
  readonly storedReadings: number;
  read(afterSeq: number, readingsMax: number): JournalledBatch[];
  saveLatest(rows: readonly LatestRow[]): void;
  checkpoint(throughSeq: number): void;
}

export interface ProjectorOptions {
  readonly journal: BatchQueue;
  readonly engine: Pick<ReadingEngine, "insert">;
  readonly latest: LatestReadings;
  readonly clock: Clock;
  readonly log: Log;
}

/** Brings committed batches into the engine, in order, in large inserts; what fails is tried again until it succeeds. */
export class Projector {
  readonly #journal: BatchQueue;
  readonly #engine: Pick<ReadingEngine, "insert">;
  readonly #latest: LatestReadings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stopped = new AbortController();
  #news = Promise.withResolvers<void>();
  readonly #waiters = new Set<{ readonly seq: number; readonly reached: (inTime: true) => void }>();
  #wantedSeq = 0;
  #projectedSeq = 0;
  #failures = 0;
  #trouble = "";
  #running: Promise<void> | null = null;

  constructor(options: ProjectorOptions) {
    this.#journal = options.journal;
    this.#engine = options.engine;
    this.#latest = options.latest;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Why the last insert failed, as a sentence; empty when none has since one succeeded. */
  get trouble(): string {
    return this.#trouble;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that the journal has more. */
  committed(): void {
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

  /** Ends after the insert that is under way. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#news.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      if (this.#journal.lastSeq <= this.#projectedSeq) await this.#nextNews();
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
      this.#stopped.signal.aborted ||
      this.#wantedSeq > this.#projectedSeq ||
      this.#journal.storedReadings >= INSERT_READINGS_MAX
    );
  }

  async #project(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    try {
      const batches = this.#journal.read(this.#projectedSeq, INSERT_READINGS_MAX);
      for (const rows of insertsOf(batches)) await this.#engine.insert(rows);
      this.#projectedSeq = batches.at(-1)?.seq ?? this.#projectedSeq;
    } catch (error) {
      await this.#backOff(error);
      return;
    }
    if (this.#failures > 0) this.#log.info({ attempts: this.#failures }, "The telemetry engine takes readings again.");
    this.#failures = 0;
    this.#trouble = "";
    for (const { seq, reached } of this.#waiters) if (seq <= this.#projectedSeq) reached(true);
    await this.#checkpoint();
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

  async #checkpoint(): Promise<void> {
    const throughSeq = this.#projectedSeq;
    try {
      // Rows that change meanwhile queue up behind those that the batches about to go have changed.
      for (let left = this.#latest.unsaved; left > 0; left -= LATEST_ROWS_PER_SAVE) {
        this.#latest.saveUnsaved(Math.min(left, LATEST_ROWS_PER_SAVE), (rows) => this.#journal.saveLatest(rows));
        await new Promise((resolve) => setImmediate(resolve));
      }
      this.#journal.checkpoint(throughSeq);
    } catch (error) {
      // Harmless: the next checkpoint takes these batches too, and after a restart they are inserted once more.
      this.#log.warn({ err: error }, "The journal could not be shortened; it will be tried again.");
    }
  }
}

/** Cuts batches into inserts of at most `INSERT_READINGS_MAX` rows, keeping the order of the rows. */
function* insertsOf(batches: readonly JournalledBatch[]): Generator<VersionedReadings, void, undefined> {
  const rows = batches.reduce((sum, { columns }) => sum + columns.length, 0);
  let insert = emptyInsert(Math.min(rows, INSERT_READINGS_MAX));
  let filled = 0;
  let left = rows;
  for (const { seq, columns } of batches) {
    for (let from = 0; from < columns.length; ) {
      const to = Math.min(columns.length, from + insert.length - filled);
      insert.series.set(columns.series.subarray(from, to), filled);
      insert.timesMs.set(columns.timesMs.subarray(from, to), filled);
      insert.values.set(columns.values.subarray(from, to), filled);
      insert.qualities.set(columns.qualities.subarray(from, to), filled);
      insert.versions.fill(seq, filled, filled + to - from);
      filled += to - from;
      from = to;
      if (filled < insert.length) continue;
      yield insert;
      left -= filled;
      insert = emptyInsert(Math.min(left, INSERT_READINGS_MAX));
      filled = 0;
    }
  }
}

function emptyInsert(length: number): VersionedReadings {
  return {
    length,
    series: new Uint32Array(length),
    timesMs: new Float64Array(length),
    values: new Float64Array(length),
    qualities: new Uint8Array(length),
    versions: new Float64Array(length),
  };
}
