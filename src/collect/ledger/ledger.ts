import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../domain/clock.ts";
import type { CoverageRun } from "../../domain/coverage.ts";
import { clipped, overlaid } from "../../domain/coverage-runs.ts";
import { StorageUnavailable } from "../../domain/errors.ts";
import type { Interval } from "../../domain/intervals.ts";
import type { Log } from "../../domain/log.ts";
import { READING_TIME_MS } from "../../domain/reading.ts";
import type { CoverageLedger } from "./coverage-ledger.ts";
import { NotedRuns } from "./noted-runs.ts";
import { isWritable } from "./run-codec.ts";
import { type CoverageTable, WrittenRuns } from "./written-runs.ts";

/** How long what is noted may wait to be written: a crash forgets no more. */
export const LEDGER_FLUSH_MS = 10_000;
/** What one transaction writes: blocks of newest runs and, but for those of a single block, runs that are closed. Some ten ms. */
export const FLUSHED_MAX = { blocksMax: 16, runsMax: 1_000 } as const;

export interface LedgerParts {
  readonly coverage: CoverageTable;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: `RUNS_HELD_MAX`. */
  readonly runsHeldMax?: number;
  /** Default: `LEDGER_FLUSH_MS`. */
  readonly flushEveryMs?: number | undefined;
}

/** The coverage ledger of one server. Several of one catalogue lose nothing of each other's. */
export class Ledger implements CoverageLedger {
  readonly #noted: NotedRuns;
  readonly #written: WrittenRuns;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #flushEveryMs: number;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  /** Reads and writes come one after another, so that what moves from memory to disk is in one of the two for whoever looks. */
  #turn: Promise<unknown> = Promise.resolve();
  #isWaiting = false;
  #forgottenTold = 0;

  constructor({ coverage, clock, log, runsHeldMax, flushEveryMs = LEDGER_FLUSH_MS }: LedgerParts) {
    this.#flushEveryMs = flushEveryMs;
    this.#noted = new NotedRuns(runsHeldMax);
    this.#written = new WrittenRuns(coverage, log);
    this.#clock = clock;
    this.#log = log;
  }

  /** @throws RangeError for a run that is empty or whose times or request are no such numbers: a mistake of the caller */
  note(series: number, run: CoverageRun): void {
    if (!isWritable(run)) throw new RangeError(`no run of coverage: ${JSON.stringify(run)}`);
    this.#noted.note(series, run);
  }

  async runs(series: number, within: Interval): Promise<CoverageRun[]> {
    return (await this.runsOf([series], within)).get(series) ?? [];
  }

  /** What is known of each of some series. @throws StorageUnavailable */
  async runsOf(series: readonly number[], within: Interval): Promise<Map<number, CoverageRun[]>> {
    const fromMs = Math.max(within.fromMs, READING_TIME_MS.min);
    const toMs = Math.min(within.toMs, READING_TIME_MS.max);
    if (!(fromMs < toMs)) return new Map(series.map((each) => [each, []]));
    return this.#inTurn(async () => {
      const known = await this.#written.of(series, { fromMs, toMs });
      for (const [each, runs] of known) {
        const noted = this.#noted.of(each);
        if (noted.length > 0) known.set(each, clipped(overlaid(runs, noted), { fromMs, toMs }));
      }
      return known;
    });
  }

  async flush(): Promise<void> {
    for (const series of this.#noted.pieces(FLUSHED_MAX)) {
      await this.#inTurn(() => this.#write(series));
      // SQLite answers at once: without this nobody else would have a turn until all is written.
      await nextTurn();
    }
  }

  /** Writes every so many ms what was noted meanwhile, until it is closed. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Writes what is noted; what the catalogue does not take is forgotten, and will be asked again. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException("The ledger closes.", "AbortError"));
    await this.#running;
    await this.#flushOrWarn();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#clock.sleepUntil(this.#clock.monotonicMs() + this.#flushEveryMs, signal);
      } catch {
        return;
      }
      await this.#flushOrWarn();
    }
  }

  async #write(series: readonly number[]): Promise<void> {
    const taken = this.#noted.take(series);
    if (taken.length === 0) return;
    try {
      await this.#written.add(taken);
    } catch (error) {
      this.#noted.giveBack(taken);
      throw error;
    }
  }

  /** Says once that nothing can be written, and once that it can be again. */
  async #flushOrWarn(): Promise<void> {
    try {
      await this.flush();
      if (this.#isWaiting) this.#log.info({}, "the coverage ledger is written again");
      this.#isWaiting = false;
    } catch (error) {
      // Polling goes on without it: the worst is that something is asked twice.
      if (!(error instanceof StorageUnavailable)) this.#log.error({ err: error }, "the coverage ledger is not written");
      else if (!this.#isWaiting)
        this.#log.warn({ reason: error.message }, "the coverage ledger waits for the catalogue");
      this.#isWaiting = true;
    }
    const { forgotten } = this.#noted;
    if (forgotten > this.#forgottenTold) {
      this.#log.warn({ runs: forgotten - this.#forgottenTold }, "claims of coverage were forgotten: too many waited");
    }
    this.#forgottenTold = forgotten;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
